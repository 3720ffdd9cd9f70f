"""What needs an operator: surplus, unknown outcomes, untried renewals, failed messages, disputes, refunds, customers.

Renewals do if their period has begun and no call to charge them had an effect; refunds if they are refused, late, or
went back twice; customers of erased users if nobody deletes them.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from foundation.orm.active_users import active_users
from payments.methods import forgetting
from payments.models import Dispute, Order, OrderState, Payment, PaymentMethod, Refund, Renewal
from payments.models.order import OrderQuerySet
from payments.models.refund import TWICE
from payments.refunds.overdue import BANK_DAYS, PATIENCE, overdue_refunds
from payments.webhooks.inbox import pending

SHOWN = timedelta(days=7)
"""Time for which a refund that was refused, or went back twice, needs attention, if nothing ends it before."""


def needs_attention(now: datetime) -> dict[str, int]:
    """Return the number per kind. A surplus counts until money of it has gone back, or it is settled."""
    late = now - PATIENCE
    orders = Order.objects.filter(state=OrderState.UNKNOWN, unknown_since__lt=late)
    lately = Refund.objects.filter(finished_at__gte=now - SHOWN)
    return {
        "surplus": Payment.objects.kept_surplus().count(),
        "unknown": orders.count(),
        "untried": _untried().filter(period_start__lt=now).count(),
        "messages": pending().filter(received_at__lt=late).count(),
        "disputes": Dispute.objects.filter(state=Dispute.State.OPEN).count(),
        "refused_refunds": lately.filter(~_is_made_good(), state=Refund.State.REFUSED).count(),
        "double_refunds": lately.filter(code=TWICE).count(),
        "overdue_refunds": overdue_refunds(now).count(),
        "customers": forgetting.left_to_staff(now).values("provider", "customer").distinct().count(),
    }


def _untried() -> OrderQuerySet:
    """Return the renewal orders that are to be charged and have no try with an outcome, of whatever provider."""
    return Order.objects.unfinished().filter(
        active_users("user"),
        kind=Order.Kind.RENEWAL,
        way=Order.Way.CHARGE,
        state=OrderState.OPEN,
        due_at__isnull=False,
        close_requested_at=None,
        tries=None,
        subscription__renewal__in=Renewal.objects.charged(),
    )


def _is_made_good() -> Exists:
    """Return the condition that a later request gave money of the same payment back."""
    later = Refund.objects.filter(payment=OuterRef("payment"), finished_at__gt=OuterRef("finished_at"))
    return Exists(later.filter(state=Refund.State.DONE))


def next_attention(now: datetime) -> datetime | None:
    """Return the next instant at which time alone makes something need attention; None if nothing waits."""
    refunds = Refund.objects.filter(finished_at__isnull=True)
    on_its_way = Q(state=Refund.State.PENDING)
    instants = [
        _next_end(pending(), "received_at", PATIENCE, now),
        _next_end(Order.objects.filter(state=OrderState.UNKNOWN), "unknown_since", PATIENCE, now),
        _next_end(_untried(), "period_start", timedelta(), now),
        _next_end(refunds.exclude(on_its_way), "requested_at", PATIENCE, now),
        _next_end(refunds.filter(on_its_way), "requested_at", BANK_DAYS, now),
        _next_end(PaymentMethod.objects.to_forget(), "forget_requested_at", forgetting.PATIENCE, now),
    ]
    return min(filter(None, instants), default=None)


def _next_end(rows: QuerySet[Any], since: str, patience: timedelta, now: datetime) -> datetime | None:
    """Return the instant at which the patience with a row ends next; None if it has ended with all of them."""
    begun = rows.filter(**{f"{since}__gte": now - patience}).order_by(since).values_list(since, flat=True).first()
    return begun + patience if begun else None
