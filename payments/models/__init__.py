"""Orders, their attempts and payments, payment methods, renewals, and what providers and visitors told."""

from payments.models.attempt import Attempt
from payments.models.cancellation_request import CancellationRequest
from payments.models.dispute import Dispute
from payments.models.order import Order, OrderState
from payments.models.payment import Payment, SurplusSettlement
from payments.models.payment_event import PaymentEvent
from payments.models.payment_method import PaymentMethod
from payments.models.price_change import PriceChange
from payments.models.refund import Refund
from payments.models.renewal import Renewal
from payments.models.webhook_message import WebhookMessage

__all__ = [
    "Attempt",
    "CancellationRequest",
    "Dispute",
    "Order",
    "OrderState",
    "Payment",
    "PaymentEvent",
    "PaymentMethod",
    "PriceChange",
    "Refund",
    "Renewal",
    "SurplusSettlement",
    "WebhookMessage",
]
