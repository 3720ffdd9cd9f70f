"""Money that needs an operator: surplus, unknown outcomes, failed messages, open disputes, refused or late refunds."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from payments.models import Dispute, Order, OrderState, Payment, Refund
from payments.webhooks.inbox import pending

PATIENCE = timedelta(minutes=30)
"""Time in which an unknown outcome or a failed message settles itself."""

BANK_DAYS = timedelta(days=14)
"""Time for which the bank explains that money is on its way: ten business days.

https://support.stripe.com/embedded-connect/questions/refunds-faq; who withdraws is to have it back in as many days:
https://eur-lex.europa.eu/eli/dir/2011/83/oj, article 13
"""

REFUSALS_SHOWN = timedelta(days=7)
"""Time for which a refused refund needs attention: a new request may follow, or a transfer by hand."""


def needs_attention(now: datetime) -> dict[str, int]:
    """Return the number per kind. A surplus counts until money of it has gone back, or it is settled."""
    late = now - PATIENCE
    orders = Order.objects.filter(state=OrderState.UNKNOWN, unknown_since__lt=late)
    refused = Refund.objects.filter(state=Refund.State.REFUSED, finished_at__gte=now - REFUSALS_SHOWN)
    return {
        "surplus": Payment.objects.kept_surplus().count(),
        "unknown": orders.count(),
        "messages": pending().filter(received_at__lt=late).count(),
        "disputes": Dispute.objects.filter(state=Dispute.State.OPEN).count(),
        "refused_refunds": refused.count(),
        "overdue_refunds": overdue_refunds(now).count(),
    }


def overdue_refunds(now: datetime) -> QuerySet[Refund]:
    """Return the refunds that are not finished in time, also those whose provider is not the present one."""
    on_its_way = Q(state=Refund.State.PENDING)
    in_time = Q(requested_at__gte=now - PATIENCE) | on_its_way & Q(requested_at__gte=now - BANK_DAYS)
    return Refund.objects.filter(finished_at__isnull=True).exclude(in_time)


def next_attention(now: datetime) -> datetime | None:
    """Return the next instant at which time alone makes something need attention; None if nothing waits."""
    refunds = Refund.objects.filter(finished_at__isnull=True)
    on_its_way = Q(state=Refund.State.PENDING)
    instants = [
        _next_end(pending(), "received_at", PATIENCE, now),
        _next_end(Order.objects.filter(state=OrderState.UNKNOWN), "unknown_since", PATIENCE, now),
        _next_end(refunds.exclude(on_its_way), "requested_at", PATIENCE, now),
        _next_end(refunds.filter(on_its_way), "requested_at", BANK_DAYS, now),
    ]
    return min(filter(None, instants), default=None)


def _next_end(rows: QuerySet[Any], since: str, patience: timedelta, now: datetime) -> datetime | None:
    """Return the instant at which the patience with a row ends next; None if it has ended with all of them."""
    begun = rows.filter(**{f"{since}__gte": now - patience}).order_by(since).values_list(since, flat=True).first()
    return begun + patience if begun else None
