"""Judgement of a history: replays every subscription's events and compares the result with the database."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import Group

from notifications.models import Channel, Notification
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import find_mismatches
from subscriptions.models import Subscription, SubscriptionEvent, Transition

Status = Subscription.Status
Problem = str


def problems(now: datetime) -> Iterator[Problem]:
    """Yield all violations at `now`, when everything is at rest and swept."""
    for subscription in Subscription.objects.order_by("pk").prefetch_related("events"):
        yield from Replay(subscription).problems()
    yield from _overlaps()
    yield from _notifications()
    yield from (f"subscription {key} is due and not expired" for key in Subscription.objects.due(now).values_list("pk"))
    if not Group.objects.filter(name=GROUP, permissions__isnull=True).exists():
        yield f"the group {GROUP} is gone, or has permissions"
    mismatches = find_mismatches(now)
    yield from (f"user {key} has access without a live subscription" for key in mismatches.stale)
    yield from (f"user {key} has a live subscription without access" for key in mismatches.missing)


class Replay:
    """Events of one subscription, replayed through the documented state machine."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._status: str = ""
        self._end: datetime | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield impossible events, and differences between the row and its events."""
        for event in self._subscription.events.all():
            for problem in self._take(event):
                yield f"event {event.pk}, {event}: {problem}"
        row = self._subscription
        if (row.status, row.end_date) != (self._status, self._end):
            yield f"{row} is {row.status} until {row.end_date}; its events say {self._status} until {self._end}"

    def _take(self, event: SubscriptionEvent) -> Iterator[Problem]:
        if event.old_end_date != self._end:
            yield f"its end before is {event.old_end_date}, and was {self._end}"
        allowed, status = MOVES[Transition(event.transition)]
        if self._status not in allowed:
            yield f"not from {self._status or 'nothing'}"
        yield from self._wrong_end(event)
        self._status, self._end = status, event.new_end_date

    def _wrong_end(self, event: SubscriptionEvent) -> Iterator[Problem]:
        period = timedelta(days=int(event.price))
        match Transition(event.transition):
            case Transition.CREATED:
                right = event.new_end_date == event.occurred_at + period
            case Transition.RENEWED:
                right = self._end is not None and event.new_end_date == max(self._end, event.occurred_at) + period
            case Transition.EXPIRED:
                swept = event.new_end_date == self._end and event.occurred_at >= event.new_end_date
                right = swept or (self._end is not None and event.new_end_date == event.occurred_at < self._end)
            case _:
                right = event.new_end_date == self._end
        if not right:
            yield f"{event.price} for {event.new_end_date} is no version of the plan, or no instant of an end"


MOVES: dict[Transition, tuple[set[str], str]] = {
    Transition.CREATED: ({""}, Status.ACTIVE),
    Transition.RENEWED: ({Status.ACTIVE, Status.CANCELLED, Status.EXPIRED}, Status.ACTIVE),
    Transition.CANCELLED: ({Status.ACTIVE}, Status.CANCELLED),
    Transition.REACTIVATED: ({Status.CANCELLED}, Status.ACTIVE),
    Transition.EXPIRED: ({Status.ACTIVE, Status.CANCELLED}, Status.EXPIRED),
}
"""Allowed states before and after each transition."""


def _overlaps() -> Iterator[Problem]:
    """Yield events at which a user had two unexpired subscriptions to one plan."""
    held: dict[tuple[object, int], set[int]] = {}
    events = SubscriptionEvent.objects.order_by("pk").select_related("subscription")
    for event in events:
        row = event.subscription
        live = held.setdefault((row.user_id, row.plan_id), set())
        live.discard(row.pk) if event.transition == Transition.EXPIRED else live.add(row.pk)
        if len(live) > 1:
            yield f"event {event.pk}: subscriptions {sorted(live)} of user {row.user_id} to one plan at once"


def _notifications() -> Iterator[Problem]:
    rows = Notification.objects.filter(days_before__isnull=True)
    told = Counter(rows.values_list("event", "channel"))
    for key in SubscriptionEvent.objects.values_list("pk", flat=True):
        for channel in Channel.values:
            if (number := told[key, channel]) != 1:
                yield f"event {key}: {number} notifications on {channel}"
