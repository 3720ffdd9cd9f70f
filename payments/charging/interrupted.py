"""Tries that were interrupted after an earlier one was declined, which may be what the provider still tells.

A charger that dies, or gets no answer, leaves an order of which the provider is asked. It answers with the last decline
of the reference. Whether that is news is told by the attempts, which are written with their outcomes: one that is
missing was submitted and has no known outcome; if none is missing, nothing was submitted since.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import F

from foundation.orm.any_of import any_of
from payments.charging.tries import next_after
from payments.models import Attempt, Order, OrderState, PaymentMethod
from payments.orders.grace import grace_until
from payments.providers.interface import Outcome, OutcomeKind

DECLINED = {OutcomeKind.DECLINED, OutcomeKind.DECLINED_FOR_GOOD, OutcomeKind.REQUIRES_ACTION}


class Interrupted(NamedTuple):
    """Orders whose decline, as the provider tells it, is not, or may not be, that of the interrupted try."""

    unmade: frozenset[Order]
    """Nothing was submitted since the decline that is recorded, and another try is due."""
    unanswered: frozenset[Order]
    """A later try was submitted. Repeated under its own key, it is made once, or its answer is repeated."""
    told: frozenset[Order]
    """The decline is recorded, nothing was submitted since, and no other try is due yet: it is no news."""


def interrupted(outcomes: Mapping[Order, Outcome], now: datetime) -> Interrupted:
    """Return the interrupted tries among the orders that were asked about."""
    asked = [order for order, outcome in outcomes.items() if _may_be_of_an_earlier_try(order, outcome)]
    last = _last_attempts(asked)
    # Money that was on its way and did not arrive was not declined before: its failure is news.
    declined = [order for order in asked if order.pk in last and last[order.pk].outcome in DECLINED]
    unmade = frozenset(order for order in declined if _is_due(order, last[order.pk], now))
    # A first try follows no other: what is said of it is its own.
    unanswered = frozenset(order for order in asked if order.pk not in last and order.attempts > 1)
    return Interrupted(unmade, unanswered, frozenset(declined) - unmade)


def _may_be_of_an_earlier_try(order: Order, outcome: Outcome) -> bool:
    tried = order.way == Order.Way.CHARGE and order.attempts > 0
    return order.state == OrderState.UNKNOWN and tried and outcome.kind in DECLINED


def _last_attempts(orders: list[Order]) -> Mapping[int, Attempt]:
    """Return the attempts that were submitted last, by the order's key, as far as their outcome is recorded."""
    if not orders:
        return {}
    rows = Attempt.objects.filter(any_of("order", [order.pk for order in orders]), number=F("order__attempts"))
    return {attempt.order_id: attempt for attempt in rows}


def _is_due(order: Order, attempt: Attempt, now: datetime) -> bool:
    """Return True if another try was planned since the attempt was declined, or another method is there since."""
    if (method := _method_of(order)) is not None and method.saved_at > attempt.ended_at:
        return True
    planned = next_after(order, grace_until(order), attempt.ended_at)
    return attempt.outcome == OutcomeKind.DECLINED and planned is not None and planned <= now


def _method_of(order: Order) -> PaymentMethod | None:
    renewal = getattr(order.subscription, "renewal", None)
    return renewal.method if renewal is not None else None
