"""Rules of the protocol. Each can be removed, to see its effect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Rules; all of them hold in the code."""

    stored_only: bool = True
    """A reference is stored where none is, and only the stored one is charged or shown."""
    no_key_alone: bool = True
    """A charge is prepared, stored and then confirmed; what is confirmed at once relies on the key alone."""
    fence: bool = True
    """The other way to pay is taken over by an UPDATE that names the way and the reference that were seen."""
    close_first: bool = True
    """The reference of the other way is closed at the provider before that."""
    seen_cancelled: bool = True
    """A reference is replaced only after the provider said that it is closed."""


ALL = Rules()


@dataclass(frozen=True)
class Surroundings:
    """Parts of the world that can be removed, to see that a simpler protocol would do without them."""

    page: bool = True
    """The subscriber can pay on a hosted page meanwhile."""
    keys: bool = True
    """Requests that take money at once carry one idempotency key per order."""
    forgetful: bool = True
    """The provider forgets that key, as Stripe does "after they're at least 24 hours old":
    https://docs.stripe.com/api/idempotent_requests"""

    delays: bool = True
    """Money may be on its way for some time, as with SEPA."""


EVERYTHING = Surroundings()
