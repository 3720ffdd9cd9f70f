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
    waiting = Refund.objects.filter(finished_at__isnull=True)
    on_its_way = waiting.filter(state=Refund.State.PENDING, requested_at__gte=now - BANK_DAYS)
    instants = [
        _earliest(pending(), "received_at", now),
        _earliest(Order.objects.filter(state=OrderState.UNKNOWN), "unknown_since", now),
        _earliest(waiting.exclude(state=Refund.State.PENDING), "requested_at", now),
        *(at + BANK_DAYS for at in on_its_way.order_by("requested_at").values_list("requested_at", flat=True)[:1]),
    ]
    return min(filter(None, instants), default=None)


def _earliest(rows: QuerySet[Any], waits_since: str, now: datetime) -> datetime | None:
    waiting = rows.filter(**{f"{waits_since}__gte": now - PATIENCE})
    first = waiting.order_by(waits_since).values_list(waits_since, flat=True).first()
    return first + PATIENCE if first else None
