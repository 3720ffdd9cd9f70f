"""Closing at the provider of what is open for orders that are finished, such as the page of a void one."""

from datetime import datetime

from payments.charging.calls import Calls
from payments.isolation import apart
from payments.models import Order
from payments.models.order import OrderQuerySet
from payments.providers.interface import OutcomeKind, Provider
from payments.received_money.settling import settle

LIMIT = 64
"""Orders per run; the next run closes the rest."""


def close_finished(provider: Provider, calls: Calls, now: datetime) -> int:
    """Close up to LIMIT references; return their number. Money that came first is recorded, as a surplus."""
    orders = list(to_close(provider.name).order_by("close_requested_at", "pk")[:LIMIT])
    open_there = [row for row in orders if row.reference]
    outcomes = calls.ask_all(lambda order: provider.close(order.reference), open_there).wait()
    ended = [order.pk for order in orders if not order.reference]
    for order, outcome in outcomes.items():
        with apart(order=order.pk):
            settle(order, outcome, now)
            ended += [order.pk] if _is_over(outcome.kind) else []
    return Order.objects.filter(pk__in=ended).update(close_requested_at=None)


def to_close(provider: str) -> OrderQuerySet:
    """Return the finished orders whose reference the provider is to close."""
    return Order.objects.filter(
        finished_at__isnull=False, close_requested_at__isnull=False, provider__in=["", provider]
    )


def _is_over(kind: OutcomeKind) -> bool:
    return kind in {OutcomeKind.CLOSED, OutcomeKind.SUCCEEDED}
