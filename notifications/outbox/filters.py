"""Which notifications an operator means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.models import REMINDER, Notification, NotificationQuerySet


@dataclass(frozen=True)
class Selection:
    """What holds for all of them; what is empty or None does not matter."""

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
        """Whether nothing was said."""
        return self == Selection()

    def rows(self) -> NotificationQuerySet:
        """The notifications, newest first."""
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
