"""Sign-up that waits for the confirmation of its address, in the session of the browser that signed up.

There is no account before: nobody can take a name or an address by signing up, and no password that somebody else chose
ever opens an account.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from django.contrib.sessions.backends.base import SessionBase

from accounts.links import CONFIRMATION_LIFETIME

KEY = "pending_sign_up"


@dataclass(frozen=True)
class PendingSignUp:
    """Typed details with the hash of the password, and the page to go on to."""

    address: str
    details: Mapping[str, str]
    password: str
    next_page: str

    def keep(self, session: SessionBase) -> None:
        """Keep it for as long as a link that is sent now is valid. It replaces an earlier one.

        The session ends with it, so that the retention deletes what no erasure finds: nothing leads to it from a user.
        """
        session[KEY] = asdict(self)
        session.set_expiry(CONFIRMATION_LIFETIME)

    @classmethod
    def of(cls, session: SessionBase) -> Self | None:
        """Return what this browser signed up with last, if its address is not confirmed yet."""
        return cls(**session[KEY]) if KEY in session else None

    @staticmethod
    def end(session: SessionBase) -> None:
        """Forget it, if there is one, and let the session last as others do."""
        if session.pop(KEY, None):
            session.set_expiry(None)
