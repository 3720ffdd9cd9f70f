"""Statistics of the outbox.

Each query reads an index from some instant on, or a bounded number of rows; none walks a whole table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain

from django.conf import settings
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import TruncDate

from foundation import clock
from notifications import channel_registry
from notifications.models import ChannelStatus, Notification, NotificationQuerySet, State

LARGEST_COUNT = 10_000
"""Limit of counts. A higher number would make no difference to an operator."""


@dataclass(frozen=True)
class StateCount:
    """Number of notifications of a channel in a state; LARGEST_COUNT means that or more."""

    channel: str
    state: State
    number: int

    @property
    def label(self) -> str:
        """The channel's label."""
        return channel_registry.label_of(self.channel)

    @property
    def is_cut(self) -> bool:
        """True if there may be more."""
        return self.number == LARGEST_COUNT


@dataclass(frozen=True)
class DayOfNotifications:
    """Number of notifications of a channel that finished in a state on one day (UTC)."""

    day: date
    channel: str
    state: str
    number: int


def outbox() -> list[list[StateCount]]:
    """Return the pending, sending, failed and unknown counts per channel."""
    return [
        [StateCount(channel, state, rows[:LARGEST_COUNT].count()) for state, rows in _rows_by_state(channel)]
        for channel in channel_registry.names()
    ]


def paused_channels() -> list[ChannelStatus]:
    """Return the paused channels, with the start of the pause by the service's clock."""
    paused = list(ChannelStatus.objects.paused().order_by("channel"))
    for status in paused:
        status.paused_since = status.paused_since and clock.from_database(status.paused_since)
    return paused


def oldest_pending() -> datetime | None:
    """Return since when the longest waiting notification could have been sent, by the service's clock, or None."""
    due = _pending(OuterRef("channel")).values("due_at")[:1]
    tried = Notification.objects.tried_in_vain().order_by("pk").values("created_at")[:1]
    statuses = ChannelStatus.objects.registered()
    rows = statuses.annotate(due=Subquery(due), tried=Subquery(tried)).values_list("due", "tried")
    return min((clock.from_database(instant) for instant in chain(*rows) if instant), default=None)


def is_late(oldest_pending: datetime | None, now: datetime) -> bool:
    """Return True if the oldest pending notification has been due for more than STALE_NOTIFICATION_AFTER."""
    return oldest_pending is not None and now - oldest_pending > settings.STALE_NOTIFICATION_AFTER


def count_pending() -> int:
    """Return the number of pending notifications; LARGEST_COUNT per channel means that or more."""
    return sum(_pending(channel)[:LARGEST_COUNT].count() for channel in channel_registry.names())


def finished_by_day(since: datetime) -> list[DayOfNotifications]:
    """Return the notifications that finished since then, by day, channel and state, in no order."""
    rows = Notification.objects.filter(finished_at__gte=since).order_by()
    days = rows.values(day=TruncDate("finished_at", tzinfo=UTC), to=F("channel"), stands=F("state"))
    numbers = days.annotate(number=Count("*")).values_list("day", "to", "stands", "number")
    return [DayOfNotifications(*row) for row in numbers]


def _rows_by_state(channel: str) -> Iterator[tuple[State, NotificationQuerySet]]:
    yield State.PENDING, _pending(channel)
    leased = Notification.objects.filter(lease_token__isnull=False, channel=channel, state=State.SENDING)
    yield State.SENDING, leased
    for state in (State.FAILED, State.UNKNOWN):
        yield state, Notification.objects.filter(state=state, channel=channel).order_by("-pk")


def _pending(channel: str | OuterRef) -> NotificationQuerySet:
    return Notification.objects.filter(channel=channel, state=State.PENDING).order_by("due_at", "pk")
