"""Mails of refunds: one for each, of its own amount, whatever else goes back meanwhile."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.facts import apply
from payments.models import Order, Payment
from payments.plan_changes.change_orders import change_now
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import process_refunds, request_refund
from payments.refunds.withdrawal import withdraw
from subscriptions.terms import UNSEEN
from tests.payments.bank import NAME, Bank
from tests.payments.opened_orders import first_order
from tests.payments.stored_mails import BACKEND, OBSOLETE, stored_mails
from tests.support.factories import MONTH, NOW, make_plan

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def stored(settings: LazySettings) -> None:
    """Keep mails in the outbox, as a deployed site does."""
    settings.EMAIL_BACKEND, settings.PAYMENT_PROVIDER = BACKEND, "manual"


def through_the_bank(amount: str) -> MoneyReceived:
    return MoneyReceived(NAME, f"pi_{amount}", Decimal(amount), "EUR", NOW)


def refund(payment: Payment, *amounts: str) -> list[Payment]:
    """Give these amounts back, one after the other."""
    for amount in amounts:
        request_refund(payment, Decimal(amount), "", ends_now=False, now=NOW, actor=None)
    process_refunds(Bank(), NOW, lambda: HOUR)
    return list(Payment.objects.filter(kind="refund").order_by("pk"))


def fail(returned: Payment) -> None:
    """Let the provider report that the refund did not arrive."""
    assert returned.of is not None
    fact = Fact(
        FactKind.REFUND_FAILED,
        NOW,
        transaction_id=returned.transaction_id,
        of=returned.of.transaction_id,
        amount=-returned.amount,
        currency="EUR",
    )
    apply(NAME, fact, NOW)


def test_both_refunds_of_a_withdrawal_from_a_changed_plan_are_told() -> None:
    begun = record_payment(first_order(), through_the_bank("9.90"), now=NOW)
    assert begun.subscription is not None
    order = change_now(begun.subscription, make_plan(name="Yearly", price=99, duration_days=365), NOW + DAY, UNSEEN)
    assert order is not None
    Order.objects.update(consented_at=None)
    change = record_payment(order, through_the_bank(str(order.amount)), now=NOW + DAY)
    change.refresh_from_db()
    withdraw(change, NOW + MONTH / 4)
    process_refunds(Bank(), NOW + MONTH / 4, lambda: HOUR)

    given = Payment.objects.filter(kind="refund").order_by("pk")
    told = stored_mails("payment_refunded", NOW + MONTH)

    assert [row.order.plan.name for row in given if row.order] == ["Yearly", "Monthly"]
    for text, row in zip(told, given, strict=True):
        assert row.order is not None
        assert f"We have given back {row.returned_text} EUR of your payment for {row.order.plan.name}." in text


def test_refund_that_failed_hides_no_other() -> None:
    payment = record_payment(first_order(), through_the_bank("9.90"), now=NOW)
    _good, bad = refund(payment, "4.00", "5.90")
    fail(bad)

    good_text, bad_text = stored_mails("payment_refunded", NOW)

    assert "We have given back 4.00 EUR" in good_text
    assert bad_text == OBSOLETE
    [text] = stored_mails("refund_failed", NOW)
    assert "The refund of 5.90 EUR for Monthly did not reach you" in text


def test_two_refunds_that_failed_are_told_each() -> None:
    payment = record_payment(first_order(), through_the_bank("9.90"), now=NOW)
    for returned in refund(payment, "4.00", "5.90"):
        fail(returned)

    first, second = stored_mails("refund_failed", NOW)

    assert "The refund of 4.00 EUR" in first
    assert "The refund of 5.90 EUR" in second
