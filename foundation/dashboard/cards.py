"""Dashboard card of an app. The template is included with `card`, and reads its `context`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from foundation.dashboard.charts import Chart

DAYS = 30


@dataclass(frozen=True)
class Period:
    """The days that the dashboard shows, the last of which ends with `now`, in UTC."""

    now: datetime

    @property
    def days(self) -> list[date]:
        """The last DAYS days, oldest first."""
        today = self.now.date()
        return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]

    @property
    def since(self) -> datetime:
        """The first instant of the first day."""
        return datetime.combine(self.days[0], time(), UTC)


@dataclass(frozen=True)
class Link:
    """A link for users with a permission, as in `notifications.view_notification`."""

    url: str
    text: str
    permission: str


@dataclass(frozen=True)
class Alert:
    """A line above all else. `level` is a message level of the admin: warning or error."""

    text: str
    level: str = "error"
    link: Link | None = None


@dataclass(frozen=True)
class Tile:
    """One value, and an optional remark on it."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Card:
    """What one app shows. The template is included with `card`, and reads its `context`."""

    title: str
    alerts: Sequence[Alert] = ()
    tiles: Sequence[Tile] = ()
    charts: Sequence[Chart] = ()
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""
    """A sentence that stands in the place of charts and template."""


@dataclass(frozen=True)
class CardSource:
    """The function that reads a card; apps register it in `foundation.registries.DASHBOARD`."""

    read: Callable[[Period], Card]
