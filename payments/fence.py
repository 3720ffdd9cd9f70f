"""Fence between the ways to pay an order: one at a time, and only the stored reference is shown or charged.

Each UPDATE names the way and the reference that were seen, so that of two actors one finds the order changed. The
reference of another way must be closed at the provider before the way is taken. `tests/proofs` has the model.
"""

from django.db.models import Case, F, QuerySet, Value, When

from payments.models import Order, OrderState

SETTLED = Case(When(state=OrderState.CLAIMED, then=F("state")), default=Value(OrderState.OPEN))
"""State after the reference was seen closed: nothing is unknown any more. A claim is its holder's to give back."""


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


def _seen(order: Order) -> QuerySet[Order]:
    """Return the order as long as it is as it was read, and waits for money."""
    seen = Order.objects.unfinished().filter(pk=order.pk, way=order.way, reference=order.reference)
    return seen.exclude(state=OrderState.PENDING)
