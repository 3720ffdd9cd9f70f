"""Current subscriptions of the recipients of mails, which decide if the mails are still true."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import FilteredRelation, Q

from notifications.models import REMINDER, Notification
from subscriptions.models import Subscription, Transition

OVERTAKEN_BY: Mapping[str, Set[Transition]] = {
    Transition.CANCELLED: {Transition.RENEWED, Transition.REACTIVATED, Transition.EXPIRED},
    Transition.REACTIVATED: {Transition.CANCELLED, Transition.RENEWED, Transition.EXPIRED},
    Transition.EXPIRED: {Transition.RENEWED},
    Transition.CHANGED: {Transition.CHANGED, Transition.RENEWED, Transition.EXPIRED},
    REMINDER: {Transition.RENEWED, Transition.EXPIRED},
}
"""Later transitions of the same subscription that make a mail untrue. `created` and `renewed` are receipts, and
so is `changed` where it began a period.

A reminder stays true of a subscription that is cancelled or resumed: its words are chosen when it is rendered.
"""


@dataclass(frozen=True)
class LiveSubscription:
    """A subscription that gives access."""

    key: int
    plan_id: int
    plan_name: str
    end_date: datetime


@dataclass(frozen=True)
class Coverage:
    """The live subscriptions at `now` by user, and the later transitions by subscription, each with its event's key.

    Read for the mails of a claim by one query; receipts alone need none.
    """

    now: datetime
    live: Mapping[Any, Sequence[LiveSubscription]]
    later: Mapping[int, Sequence[tuple[int, str]]]

    @classmethod
    def of(cls, notifications: Iterable[Notification], now: datetime) -> Self:
        """Read the coverage for these mails."""
        asked = [row for row in notifications if _depends(row)]
        live: dict[Any, dict[int, LiveSubscription]] = defaultdict(dict)
        later: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for user, event, transition, expired_at, *fields, grace_until in _rows(asked) if asked else ():
            subscription = LiveSubscription(*fields)
            if expired_at is None and now < max(subscription.end_date, grace_until or subscription.end_date):
                live[user][subscription.key] = subscription
            if event is not None:
                later[subscription.key].append((event, transition))
        return cls(now, {user: list(found.values()) for user, found in live.items()}, later)

    def overtaken_by(self, row: Notification) -> str | None:
        """Return the first later transition that makes the mail untrue."""
        event = row.cause
        overtaking = OVERTAKEN_BY.get(row.kind, frozenset()) if _depends(row) else frozenset()
        events = self.later.get(event.subscription_id, ())
        return next((transition for key, transition in events if key > event.pk and transition in overtaking), None)

    def goes_on(self, row: Notification) -> bool:
        """Return True if another subscription to the same plan lasts beyond the end that the mail tells of."""
        plan = row.cause.subscription.plan_id
        return any(other.plan_id == plan for other in self._beyond(row))

    def other(self, row: Notification) -> LiveSubscription | None:
        """Return the subscription, to whatever plan, that lasts longest beyond the end that the mail tells of."""
        return max(self._beyond(row), key=lambda other: other.end_date, default=None)

    def _beyond(self, row: Notification) -> list[LiveSubscription]:
        event = row.cause
        live = self.live.get(event.subscription.user_id, ()) if _depends(row) else ()
        return [other for other in live if other.key != event.subscription_id and other.end_date > event.new_end_date]


def _depends(row: Notification) -> bool:
    """Return True for a mail that a later transition may make untrue. An account mail's kind may have any name."""
    if row.event_id is None or _is_receipt(row):
        return False
    return row.kind in OVERTAKEN_BY


def _is_receipt(row: Notification) -> bool:
    return row.kind == Transition.CHANGED and row.cause.old_end_date != row.cause.new_end_date


def _rows(asked: Sequence[Notification]) -> Iterable[tuple[Any, ...]]:
    """Return all subscriptions of the users, joined with their events after the oldest of the mails' events."""
    later = Q(events__pk__gt=min(row.cause.pk for row in asked))
    subscriptions = Subscription._base_manager.filter(user__in={row.cause.subscription.user_id for row in asked})
    beside_later = subscriptions.annotate(later=FilteredRelation("events", condition=later))
    found: Iterable[tuple[Any, ...]] = beside_later.order_by("later__pk").values_list(
        "user", "later", "later__transition", "expired_at", "pk", "plan", "plan__name", "end_date", "grace_until"
    )
    return found
