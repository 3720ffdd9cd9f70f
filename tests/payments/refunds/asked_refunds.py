"""Refunds that are asked for, executed and told of."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from payments.models import Payment, Refund
from payments.providers.interface import Fact, FactKind
from payments.refunds.requests import process_refunds, request_refund
from tests.payments.bank import Bank
from tests.support.factories import NOW, make_user

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LATER = NOW + DAY


def ask(payment: Payment, amount: str = "9.90", *, ends_now: bool = False, now: datetime = LATER) -> Refund:
    return request_refund(payment, Decimal(amount), "by mistake", ends_now=ends_now, now=now, actor=make_user())


def process(bank: Bank, now: datetime = LATER) -> int:
    return process_refunds(bank, now, lambda: HOUR)


def told(request: Refund | None, kind: FactKind, transaction_id: str = "re-0") -> Fact:
    """Return what the provider tells of the refund that was asked for, or that was made in its dashboard."""
    return Fact(
        kind,
        LATER,
        reference=str(request.key) if request else "",
        transaction_id=transaction_id,
        of="pi_1",
        amount=Decimal("9.90"),
        currency="EUR",
        code="expired_or_canceled_card" if kind is FactKind.REFUND_FAILED else "",
    )


def dashboards(amount: str, transaction_id: str = "re-9") -> Fact:
    """Return what the provider tells of a refund that was made in its dashboard."""
    return replace(told(None, FactKind.REFUNDED, transaction_id), amount=Decimal(amount))
