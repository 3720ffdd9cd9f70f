"""Refunds of a payment through a provider that was left since."""

from datetime import timedelta
from decimal import Decimal

from foundation import clock
from payments.models import Payment, Refund
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.overdue import PATIENCE
from payments.refunds.requests import request_refund
from tests.payments.bank import NAME
from tests.payments.opened_orders import first_order
from tests.support.factories import make_user

LATE = PATIENCE + timedelta(minutes=1)
REASON = "the old dashboard was closed"
"""Reason of whoever records the money."""


def pay_through_a_former_provider() -> Payment:
    """Return a payment of 9.90 EUR through a provider that was left since."""
    make_user(username="clerk")
    now = clock.now()
    return record_payment(first_order(now=now), MoneyReceived(NAME, "pi_1", Decimal("9.90"), "EUR", now), now=now)


def ask(payment: Payment, amount: str = "9.90", *, ends_now: bool = False) -> Refund:
    now = clock.now() - LATE
    return request_refund(payment, Decimal(amount), "by mistake", ends_now=ends_now, now=now, actor=make_user())
