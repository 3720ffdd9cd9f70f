"""Plan of the tries to charge a renewal order."""

from datetime import datetime, timedelta

from payments.models import Order
from subscriptions.models import RENEWAL_AHEAD

DAY = timedelta(days=1)

OFFSETS = (timedelta(), DAY, 3 * DAY, 5 * DAY, 7 * DAY)
"""Tries after the first one, which lies in the day before the end of the period."""

SPREAD_MINUTES = 20 * 60
"""The first tries are spread over this time, and end well before the period does."""

LAST_BEFORE_AN_END = timedelta(hours=1)
"""No try lies closer to the end of the grace period, so that its outcome is known before access ends.

Nor does a first try that was still to come lie closer to the end of the period, so that nobody is late in vain.
"""


def first_try(order: Order, opened_at: datetime, grace_until: datetime) -> datetime:
    """Return the instant of the first try. The subscription's key spreads the tries over the day.

    An order that opens late, as that of a renewal turned on in the last hours, is tried before its period begins,
    or at once.
    """
    spread = opened_at + timedelta(minutes=(order.subscription_id or 0) % SPREAD_MINUTES)
    begins = order.period_start or grace_until  # which is no earlier
    return max(opened_at, min(spread, begins - LAST_BEFORE_AN_END))


def planned(order: Order, grace_until: datetime) -> list[datetime]:
    """Return the instants of all tries. A shorter grace period shortens the plan.

    Subscribers may have opened the order long before: it is charged no earlier than any other.
    """
    opens = order.period_start - RENEWAL_AHEAD if order.period_start else order.opened_at
    first = first_try(order, max(order.opened_at, opens), grace_until)
    latest = grace_until - LAST_BEFORE_AN_END
    return [instant for offset in OFFSETS if (instant := first + offset) <= latest]


def next_chance(order: Order, grace_until: datetime, now: datetime) -> datetime | None:
    """Return when an order is charged that could not be tried at `now`: at the next try, or the last moment for one."""
    last_moment = grace_until - LAST_BEFORE_AN_END
    return next_after(order, grace_until, now) or (last_moment if last_moment > now else None)


def next_after(order: Order, grace_until: datetime, now: datetime) -> datetime | None:
    """Return the next try after `now`; None if there is none."""
    return next((instant for instant in planned(order, grace_until) if instant > now), None)
