"""Fence between the ways to pay an order: one at a time, and only the stored reference is shown or charged.

Each UPDATE names the way and the reference that were seen, so that of two actors one finds the order changed. The
reference of another way must be closed at the provider before the way is taken. `tests/proofs` has the model.
"""

from collections.abc import Mapping

from django.db.models import Case, F, QuerySet, Value, When

from foundation.orm.any_of import any_of
from foundation.orm.update_returning import update_returning
from payments.models import Order, OrderState

KEPT = (OrderState.CLAIMED, OrderState.NEEDS_SUBSCRIBER)
SETTLED = Case(When(state__in=KEPT, then=F("state")), default=Value(OrderState.OPEN))
"""State after the reference was seen closed: nothing is unknown any more.

A claim is its holder's to give back. What only the subscriber can pay is not charged again because a page was opened.
"""


def take_way(order: Order, way: str, provider: str) -> bool:
    """Take the way for an order whose reference is empty or was seen closed. Return False if the order has changed."""
    if not _seen(order).update(way=way, provider=provider, reference="", state=SETTLED):
        return False
    order.way, order.provider, order.reference = way, provider, ""
    return True


def store_reference(order: Order, reference: str) -> bool:
    """Store what was opened for the way that is taken. Return False if another is stored, or the way is lost."""
    if order.reference or not _seen(order).update(reference=reference):
        return False
    order.reference = reference
    return True


def store_references(opened: Mapping[Order, str]) -> list[Order]:
    """Store in one statement what was opened for charges, each as `store_reference` does. Return the stored orders."""
    if not opened:
        return []
    references = Case(*(When(pk=order.pk, then=Value(reference)) for order, reference in opened.items()))
    empty = _waiting().filter(any_of("pk", [order.pk for order in opened]), way=Order.Way.CHARGE, reference="")
    stored = {row.pk: row.reference for row in update_returning(empty, reference=references)}
    for order in opened:
        order.reference = stored.get(order.pk, order.reference)
    return [order for order in opened if order.pk in stored]


def _seen(order: Order) -> QuerySet[Order]:
    """Return the order as long as it is as it was read, and waits for money."""
    return _waiting().filter(pk=order.pk, way=order.way, reference=order.reference)


def _waiting() -> QuerySet[Order]:
    return Order.objects.unfinished().exclude(state=OrderState.PENDING)
