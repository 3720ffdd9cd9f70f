"""Filters of notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.models import REMINDER, Notification, NotificationQuerySet


@dataclass(frozen=True)
class Selection:
    """Conditions that all hold; an empty one is ignored."""

    ids: Sequence[int] = ()
    states: Sequence[str] = ()
    channels: Sequence[str] = ()
    kind: str | None = None
    """A transition, or `reminder`."""
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
            **self._of_kind(),
        }
        said = {name: value for name, value in conditions.items() if value}
        return Notification.objects.filter(**said).select_related("event").order_by("-pk")

    def _of_kind(self) -> dict[str, object]:
        if self.kind == REMINDER:
            return {"days_before__gte": 1}
        return {"event__transition": self.kind, "days_before__isnull": bool(self.kind)}
