"""Orders of the visitor."""

from django.shortcuts import get_object_or_404

from payments.models import Order
from subscriptions.views.subscriber import SubscriberRequest


def own_order(request: SubscriberRequest, order_id: int) -> Order:
    """Return the visitor's order. Raises Http404 for another's."""
    owned = Order.objects.select_related("plan", "subscription", "user")
    return get_object_or_404(owned, pk=order_id, user=request.user)
