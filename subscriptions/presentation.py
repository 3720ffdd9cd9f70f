"""Where a subscription stands, as its owner sees it."""

from dataclasses import dataclass
from datetime import datetime

from subscriptions.models import Subscription
from subscriptions.periods import Period, period_of

Status = Subscription.Status


@dataclass(frozen=True)
class Standing:
    """A subscription at the instant `now`, and which moves are open to its owner."""

    subscription: Subscription
    now: datetime

    @property
    def state(self) -> Subscription.Status:
        """The status; what is due and not yet swept has ended too."""
        return Status(self.subscription.status) if self.is_live else Status.EXPIRED

    @property
    def is_live(self) -> bool:
        """Whether it gives access."""
        return self.subscription.expired_at is None and self.now < self.subscription.end_date

    @property
    def period(self) -> Period | None:
        """The period that its owner bought. The subscription comes from a query of `with_period`."""
        return period_of(self.subscription)

    @property
    def may_cancel(self) -> bool:
        """Whether there is a renewal to forgo."""
        return self.state == Status.ACTIVE

    @property
    def may_reactivate(self) -> bool:
        """Whether there is a cancellation that can be taken back."""
        return self.state == Status.CANCELLED
