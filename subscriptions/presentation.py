"""Presentation of a subscription to its owner."""

from dataclasses import dataclass
from datetime import datetime

from subscriptions.checkout import AutomaticRenewal
from subscriptions.models import Subscription
from subscriptions.periods import Period, period_of

Status = Subscription.Status


@dataclass(frozen=True)
class Standing:
    """A subscription at the instant `now`, and which moves are open to its owner."""

    subscription: Subscription
    now: datetime
    renewal_opens: datetime | None = None
    """The first instant at which its owner may renew it; None: the owner may not."""
    automatic_renewal: AutomaticRenewal | None = None
    """Its automatic renewal; None: it can have none."""

    @property
    def state(self) -> Subscription.Status:
        """The status; what is due and not yet swept has ended too."""
        return Status(self.subscription.status) if self.is_live else Status.EXPIRED

    @property
    def is_live(self) -> bool:
        """True if it gives access."""
        return self.subscription.is_live(self.now)

    @property
    def is_late(self) -> bool:
        """True if its paid time is over, and access goes on while its payment is late."""
        return self.subscription.is_late(self.now)

    @property
    def renews(self) -> bool:
        """True if it is renewed by a charge unless somebody turns that off."""
        return self.automatic_renewal is not None and self.automatic_renewal.is_on

    @property
    def period(self) -> Period | None:
        """The period that its owner bought. The subscription comes from a query of `with_period`."""
        return period_of(self.subscription)

    @property
    def may_renew(self) -> bool:
        """True if its owner may renew it at this instant."""
        return self.renewal_opens is not None and self.renewal_opens <= self.now

    @property
    def may_cancel(self) -> bool:
        """True if it is active."""
        return self.state == Status.ACTIVE

    @property
    def may_change_plan(self) -> bool:
        """True if it is active and its period is paid for."""
        return self.state == Status.ACTIVE and not self.is_late

    @property
    def may_reactivate(self) -> bool:
        """True if it is cancelled and live, so that it can be resumed."""
        return self.state == Status.CANCELLED
