"""Orders that subscribers pay by a transfer, which staff see arrive and record."""

from django.conf import settings

from payments.models import Order
from payments.models.payment import BY_STAFF


def waits_for_consent(order: Order) -> bool:
    """Return True if transfers are taken, and the subscriber has not pressed the button that obliges to pay."""
    return settings.PAYMENT_PROVIDER == BY_STAFF and order.way == Order.Way.NONE and order.consented_at is None
