"""Reconciling: lost messages are made up for, and what only one side knows is told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.models import Payment
from payments.providers.interface import Fact, FactKind
from payments.providers.stripe.adapter import StripeProvider
from payments.received_money.recording import MoneyReceived, record_payment
from payments.reconciling import DAYS, reconcile
from tests.payments.bank import NAME, Bank, paid
from tests.payments.opened_orders import first_order
from tests.payments.providers.stripe.scripted import Script
from tests.payments.webhooks.signed_events import event, intent
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NIGHT = NOW + timedelta(days=1)


@pytest.fixture
def bank() -> Any:
    return Bank()


def test_payment_whose_messages_were_all_lost_is_recorded_and_gives_the_period(bank: Any) -> None:
    order = first_order()
    bank.listed = [paid(order.pk)]
    assert reconcile(bank, NOW - DAYS, NIGHT).summary() == {"facts": 1, "recorded": 1, "failed": 0, "unaccounted": 0}
    order.refresh_from_db()
    assert order.state == "paid"
    assert reconcile(bank, NOW - DAYS, NIGHT).recorded == 0


def test_list_that_is_newest_first_is_applied_oldest_first(bank: Any) -> None:
    refund = Fact(
        FactKind.REFUNDED, NOW + HOUR, transaction_id="re_1", of="pi_1", amount=Decimal("9.90"), currency="EUR"
    )
    bank.listed = [refund, paid(first_order().pk)]
    assert reconcile(bank, NOW - DAYS, NIGHT).summary() == {"facts": 2, "recorded": 2, "failed": 0, "unaccounted": 0}


def test_one_fact_that_cannot_be_applied_stops_nothing(bank: Any) -> None:
    lost = Fact(FactKind.REFUNDED, NOW, transaction_id="re_1", of="pi_0", amount=Decimal(1), currency="EUR")
    bank.listed = [lost, paid(first_order().pk)]
    found = reconcile(bank, NOW - DAYS, NIGHT)
    assert (found.recorded, found.failed) == (1, 1)


def test_event_in_an_unknown_currency_is_counted_and_the_rest_recorded(
    online: Script, caplog: pytest.LogCaptureFixture
) -> None:
    made = {"created": int(NOW.timestamp())}
    ours = event("payment_intent.succeeded", intent(first_order().pk), **made)
    foreign = event("payment_intent.succeeded", intent(77, id="pi_2", currency="bgn"), id="evt_x", **made)
    online.answer({"object": "list", "url": "/v1/events", "has_more": False, "data": [foreign, ours]})

    found = reconcile(StripeProvider(), NOW - DAYS, NIGHT)

    assert found.summary() == {"facts": 2, "recorded": 1, "failed": 1, "unaccounted": 0}
    reasons = [record.__dict__.get("reason") for record in caplog.records]
    assert "evt_x: payment_intent.succeeded cannot be read: UnknownCurrency" in reasons
    assert "example.com" not in str([record.__dict__ for record in caplog.records])


def test_payment_that_the_provider_does_not_list_is_told(bank: Any) -> None:
    record_payment(first_order(), MoneyReceived(NAME, "pi_ours", Decimal("9.90"), "EUR", NOW), now=NOW)
    record_payment(first_order(), MoneyReceived("manual", "t-1", Decimal("9.90"), "EUR", NOW), now=NOW)
    assert reconcile(bank, NOW - DAYS, NIGHT).unaccounted == ["pi_ours"]
    assert reconcile(bank, NOW - DAYS, NOW + HOUR / 2).unaccounted == [], "it may only just have arrived"


def test_our_reversal_of_a_refund_that_failed_is_accounted_for_by_the_refund(bank: Any) -> None:
    """The provider lists the refund under one number, whatever became of it; the reversal's number is ours."""
    refund = Fact(
        FactKind.REFUNDED, NOW + HOUR, transaction_id="re_1", of="pi_1", amount=Decimal("9.90"), currency="EUR"
    )
    failed = replace(refund, kind=FactKind.REFUND_FAILED, made_at=NOW + 2 * HOUR)
    bank.listed = [paid(first_order().pk), refund, failed]

    assert reconcile(bank, NOW - DAYS, NIGHT).unaccounted == []

    assert Payment.objects.filter(kind=Payment.Kind.REVERSAL).count() == 1


def test_money_without_an_order_becomes_a_surplus(bank: Any) -> None:
    bank.listed = [paid(None), paid(10**9, "pi_2")]
    assert reconcile(bank, NOW - DAYS, NIGHT).recorded == 2
    assert set(Payment.objects.values_list("surplus", flat=True)) == {True}
