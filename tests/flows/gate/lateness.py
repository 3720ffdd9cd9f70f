"""How late ends, openings of renewal orders and attempts were, judged by what was promised and not by `due_at`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from notifications.models import Notification
from payments.models import Attempt, Order, PaymentMethod
from subscriptions.models import Subscription, SubscriptionEvent

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TRIES = (timedelta(), DAY, 3 * DAY, 5 * DAY, 7 * DAY)
SPREAD_MINUTES = 1200
"""The first try is within 20 hours of the opening, by the key of the subscription."""
LAST = HOUR
"""No try lies in the last hour of the grace period, and no first try that is still to come in that of the period."""


BY_VISIT = "at once, by a visit"
"""Reason of those who end a subscription: in grace at the instant of the visit, when no paid time is left."""


def ends() -> list[timedelta]:
    """Return how late each subscription expired that no visit ended at once."""
    expired = Subscription.objects.filter(expired_at__isnull=False)
    at_once = SubscriptionEvent.objects.filter(transition="expired", reason=BY_VISIT).values("subscription")
    return [row.expired_at - row.access_end for row in expired.exclude(pk__in=at_once) if row.expired_at]


def openings(since: datetime) -> list[timedelta]:
    """Return how late each renewal order opened that was to open after `since`: a day before the period."""
    orders = Order.objects.filter(kind=Order.Kind.RENEWAL, period_start__gt=since + DAY)
    return [order.opened_at - (order.period_start - DAY) for order in orders if order.period_start]


def attempts() -> list[timedelta]:
    """Return how late each attempt was: behind its instant of the plan, or behind the new method."""
    late = []
    for attempt in Attempt.objects.select_related("order"):
        instants = [*planned(attempt.order), *replacements(attempt.order)]
        late.append(min(attempt.begun_at - instant for instant in instants if instant <= attempt.begun_at))
    return late


def missed(until: datetime) -> list[tuple[Order, datetime]]:
    """Return the instants of the plan, before the order was finished, in whose minute there was no attempt."""
    return [
        (order, instant)
        for order in Order.objects.filter(kind=Order.Kind.RENEWAL)
        for instant in planned(order)
        if instant < min(_tried_until(order), until)
        and not order.tries.filter(begun_at__gte=instant, begun_at__lte=instant + MINUTE).exists()
    ]


def planned(order: Order) -> list[datetime]:
    """Return the instants at which an order is to be charged, as long as it is not paid."""
    assert order.subscription_id
    assert order.period_start
    spread = order.opened_at + timedelta(minutes=order.subscription_id % SPREAD_MINUTES)
    first = max(order.opened_at, min(spread, order.period_start - LAST))
    return [first + offset for offset in TRIES]


def replacements(order: Order) -> Iterator[datetime]:
    """Yield the instants at which the subscriber of the order saved a method."""
    yield from PaymentMethod.objects.filter(user=order.user).values_list("saved_at", flat=True)


def _tried_until(order: Order) -> datetime:
    """Return the instant from which the order is not charged any more."""
    assert order.subscription is not None
    assert order.period_start is not None
    grace = order.period_start + order.subscription.plan.grace_days * DAY - LAST
    ended = [instant for instant in (order.finished_at, order.close_requested_at) if instant]
    return min([grace, *ended])


def of_an_end(first: float, resumes: float, connect: float) -> float:
    """Return how many seconds late an end is whose first tick with an open gate comes `first` seconds before it.

    A tick whose connect seconds are over before the database has resumed leaves the end to the next one.
    """
    tick, awake = -first, resumes - first
    while awake - tick > connect:
        tick += 60
    return max(tick, awake, 0)


def wakes() -> int:
    """Return the number of instants at which the schedule had something to do, nightly jobs apart.

    Attempts that follow a visit do not count: the visit keeps the database awake already.
    """
    told = Notification.objects.exclude(days_before=None).values("created_at").distinct().count()
    attempts = [one for one in Attempt.objects.select_related("order") if not _follows_a_visit(one)]
    return len(ends()) + Order.objects.count() + len(attempts) + told


def _follows_a_visit(attempt: Attempt) -> bool:
    return any(timedelta() <= attempt.begun_at - saved <= 2 * MINUTE for saved in replacements(attempt.order))
