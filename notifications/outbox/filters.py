"""Filters of notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from notifications.models import MESSAGE, PAYMENT, REMINDER, Notification, NotificationQuerySet
from subscriptions.models import Transition


@dataclass(frozen=True)
class Selection:
    """Conditions that all hold; an empty one is ignored."""

    ids: Sequence[int] = ()
    states: Sequence[str] = ()
    channels: Sequence[str] = ()
    kind: str | None = None
    """A transition, `reminder`, `message`, `payment_` and the kind of a payment event, or a kind of account mail."""
    subscription: int | None = None
    since: datetime | None = None
    """Created at this instant, by the database's clock, or later."""
    until: datetime | None = None
    """Created before this instant."""

    @property
    def is_everything(self) -> bool:
        """True if no condition was given."""
        return self == Selection()

    def rows(self) -> NotificationQuerySet:
        """Return the notifications, newest first."""
        conditions = {
            "pk__in": self.ids,
            "state__in": self.states,
            "channel__in": self.channels,
            "event__subscription": self.subscription,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        said = {name: value for name, value in conditions.items() if value}
        return Notification.objects.filter(_of_kind(self.kind), **said).select_related("event").order_by("-pk")


def _of_kind(kind: str | None) -> Q:
    if kind is None:
        return Q()
    if kind == REMINDER:
        return Q(days_before__isnull=False)
    if kind == MESSAGE:
        return Q(event__isnull=True, payment_event__isnull=True, account_kind="")
    if kind.startswith(PAYMENT):
        return Q(payment_event__kind=kind.removeprefix(PAYMENT))
    if kind in Transition:
        return Q(event__transition=kind, days_before__isnull=True)
    return Q(account_kind=kind)
