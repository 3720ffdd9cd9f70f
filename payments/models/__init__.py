"""Orders and payments."""

from payments.models.order import Order
from payments.models.payment import Payment

__all__ = ["Order", "Payment"]
