"""Money that needs an operator: surplus, unknown outcomes, failed messages, open disputes, refused refunds."""

from datetime import datetime, timedelta

from payments.models import Dispute, Order, OrderState, Payment, Refund
from payments.webhooks.inbox import pending

PATIENCE = timedelta(minutes=30)
"""Time in which an unknown outcome or a failed message settles itself."""

REFUSALS_SHOWN = timedelta(days=7)
"""Time for which a refused refund needs attention: a new request may follow, or a transfer by hand."""


def needs_attention(now: datetime) -> dict[str, int]:
    """Return the number per kind. A surplus counts until money of it has gone back."""
    late = now - PATIENCE
    orders = Order.objects.filter(state=OrderState.UNKNOWN, unknown_since__lt=late)
    refunds = Refund.objects.filter(state=Refund.State.UNKNOWN, requested_at__lt=late)
    refused = Refund.objects.filter(state=Refund.State.REFUSED, finished_at__gte=now - REFUSALS_SHOWN)
    return {
        "surplus": Payment.objects.kept_surplus().count(),
        "unknown": orders.count() + refunds.count(),
        "messages": pending().filter(received_at__lt=late).count(),
        "disputes": Dispute.objects.filter(state=Dispute.State.OPEN).count(),
        "refused_refunds": refused.count(),
    }
