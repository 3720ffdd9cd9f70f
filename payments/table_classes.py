"""Tables of this app by whether their rows may make work due."""

from foundation.due_work import opening

TABLES = opening(
    "payments.CancellationRequest",
    "payments.Order",
    "payments.Attempt",
    "payments.Payment",
    "payments.Dispute",
    "payments.PaymentEvent",
    "payments.PaymentMethod",
    "payments.PriceChange",
    "payments.Refund",
    "payments.Renewal",
    "payments.SurplusSettlement",
    "payments.WebhookMessage",
)
