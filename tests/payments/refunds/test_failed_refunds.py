"""Refunds that the bank could not pay out: they count for nothing, whatever was told before."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.core import mail

from notifications.sns.payment_events import cloud_event
from payments.attention import needs_attention
from payments.facts import apply
from payments.models import Payment, PaymentEvent, Refund
from payments.providers.interface import FactKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import refundable
from payments.signals import payment_refund_failed
from payments.statistics import standing
from tests.payments.bank import NAME, Bank
from tests.payments.refunds.asked_refunds import LATER, ask, dashboards, process, told
from tests.support.event_schema import problems
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db

SEQUENCES = sorted(set(permutations([FactKind.REFUNDED, FactKind.REFUND_FAILED] * 2)))


@pytest.mark.parametrize("sequence", SEQUENCES, ids=" ".join)
@pytest.mark.parametrize("made_by", ["us, answered", "us, not asked yet", "the dashboard"])
def test_refund_that_failed_counts_for_nothing_whatever_was_told_before(
    bank: Bank, payment: Payment, made_by: str, sequence: tuple[FactKind, ...]
) -> None:
    request = None if made_by == "the dashboard" else ask(payment)
    if made_by == "us, answered":
        process(bank)
    for kind in sequence:
        apply(NAME, told(request, kind), LATER)
    if made_by == "us, not asked yet":
        process(bank)

    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal("9.90")
    assert refundable(payment) == Decimal("9.90")
    kept = Refund.objects.get()
    assert (kept.state, kept.code, kept.transaction_id) == ("refused", "expired_or_canceled_card", "re-0")
    assert needs_attention(LATER)["refused_refunds"] == 1
    ask(payment)
    apply(NAME, told(Refund.objects.latest("pk"), FactKind.REFUNDED, "re-1"), LATER)
    assert refundable(payment) == 0
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


def test_failed_refund_is_told_to_the_subscriber_and_to_other_systems(
    bank: Bank, payment: Payment, django_capture_on_commit_callbacks: Any
) -> None:
    request = ask(payment)
    process(bank)
    heard: list[dict[str, Any]] = []

    def hear(sender: type, **told_of: Any) -> None:
        heard.append(told_of)

    payment_refund_failed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            apply(NAME, told(request, FactKind.REFUND_FAILED), LATER)
            apply(NAME, told(request, FactKind.REFUND_FAILED), LATER)
    finally:
        payment_refund_failed.disconnect(hear)

    reversal = Payment.objects.get(kind=Payment.Kind.REVERSAL)
    reason = "expired_or_canceled_card"
    assert [(each["payment"], each["of"], each["code"]) for each in heard] == [(reversal, payment, reason)]
    event = PaymentEvent.objects.get(kind=PaymentEvent.Kind.REFUND_FAILED)
    assert (event.payment, event.order, event.code) == (reversal, payment.order, reason)
    body = cloud_event(event, None)
    assert (body["type"], body["data"]["amount"], problems(body, "payment")) == ("payment.refund_failed.v1", "9.90", [])
    assert mail.outbox[-1].subject == "Subscriptions: Your refund did not arrive"
    text = mail.outbox[-1].body
    assert "The refund of 9.90 EUR for Monthly did not reach you" in text
    assert "http://127.0.0.1:8000/payments/" in text


def test_refund_that_failed_before_it_was_told_of_is_not_told(bank: Bank, payment: Payment) -> None:
    request = ask(payment)
    apply(NAME, told(request, FactKind.REFUND_FAILED), LATER)
    assert not PaymentEvent.objects.filter(kind=PaymentEvent.Kind.REFUND_FAILED).exists()


def test_surplus_whose_refund_failed_needs_attention_again(bank: Bank, payment: Payment) -> None:
    assert payment.order is not None
    surplus = record_payment(payment.order, MoneyReceived(NAME, "pi_2", Decimal("9.90"), "EUR", NOW), now=NOW)
    request = ask(surplus)
    process(bank)
    assert (needs_attention(NOW)["surplus"], standing(NOW).surplus) == (0, 0)
    apply(NAME, replace(told(request, FactKind.REFUND_FAILED), of="pi_2"), LATER)
    assert (needs_attention(NOW)["surplus"], standing(NOW).surplus) == (1, 1)


def test_refund_that_superseded_a_request_and_failed_makes_it_refused(payment: Payment) -> None:
    request = ask(payment)
    apply(NAME, dashboards("9.90"), LATER)
    apply(NAME, told(None, FactKind.REFUND_FAILED, "re-9"), LATER)
    request.refresh_from_db()
    assert (request.state, refundable(payment)) == ("refused", Decimal("9.90"))
