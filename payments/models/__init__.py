"""Orders, attempts, payments, refunds, disputes, payment methods, renewals and webhook messages."""

from payments.models.attempt import Attempt
from payments.models.dispute import Dispute
from payments.models.order import Order, OrderState
from payments.models.payment import Payment
from payments.models.payment_event import PaymentEvent
from payments.models.payment_method import PaymentMethod
from payments.models.refund import Refund
from payments.models.renewal import Renewal
from payments.models.webhook_message import WebhookMessage

__all__ = [
    "Attempt",
    "Dispute",
    "Order",
    "OrderState",
    "Payment",
    "PaymentEvent",
    "PaymentMethod",
    "Refund",
    "Renewal",
    "WebhookMessage",
]
