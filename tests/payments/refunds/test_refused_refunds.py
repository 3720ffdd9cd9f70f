"""Refunds that the provider refuses: staff transfer the money, record that, and the alarm ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.attention import SHOWN, needs_attention
from payments.errors import AlreadyRecorded, NothingToRecord
from payments.facts import apply
from payments.models import Payment, Refund
from payments.providers.interface import Fact, FactKind
from payments.refunds.outside_refunds import ReturnedOutside, record_outside
from payments.refunds.requests import process_refunds, refundable
from tests.payments.bank import NAME, Bank
from tests.payments.outside_refunds import REASON, ask, pay_through_a_former_provider
from tests.support.factories import has_access, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ALL = Decimal("9.90")


@pytest.fixture
def refused(settings: LazySettings) -> Refund:
    """Return the request for a refund that the present provider has refused."""
    settings.PAYMENT_PROVIDER = "tests.payments.bank.Bank"
    request, bank = ask(pay_through_a_former_provider(), ends_now=True), Bank()
    bank.refusing = "charge_too_old"
    process_refunds(bank, clock.now(), lambda: HOUR)
    request.refresh_from_db()
    assert request.is_refused
    return request


def record(request: Refund, number: str = "T-4711", amount: str = "9.90") -> Payment:
    clerk = get_user_model().objects.get(username="clerk")
    seen = ReturnedOutside(number, Decimal(amount), by_provider=False)
    return record_outside(request, seen, REASON, now=clock.now(), actor=clerk)


def told(request: Refund, kind: FactKind, transaction_id: str) -> Fact:
    """Return what the provider tells late of the request that it had refused."""
    return Fact(
        kind,
        clock.now(),
        reference=str(request.key),
        transaction_id=transaction_id,
        of="pi_1",
        amount=ALL,
        currency="EUR",
        code="expired_or_canceled_card" if kind is FactKind.REFUND_FAILED else "",
    )


def test_transfer_is_recorded_as_another_request_and_ends_what_was_to_end(refused: Refund) -> None:
    owner = refused.payment.order.user if refused.payment.order else None
    assert owner is not None
    assert has_access(owner)
    made = record(refused)
    done = Refund.objects.latest("pk")
    refused.refresh_from_db()
    assert (refused.state, refused.code, refused.closing_reason) == ("refused", "charge_too_old", "")
    assert (done.state, done.transaction_id, done.closing_reason, done.amount) == ("done", "T-4711", REASON, ALL)
    assert (done.reason, str(done.requested_by), done.due_at) == (refused.reason, "clerk", None)
    assert (made.of, made.amount, made.provider) == (refused.payment, -ALL, "manual")
    assert refundable(refused.payment) == 0
    assert not has_access(owner)


def test_alarm_ends_with_the_transfer(refused: Refund) -> None:
    assert needs_attention(clock.now())["refused_refunds"] == 1
    record(refused)
    assert not any(needs_attention(clock.now()).values())


def test_nothing_is_recorded_once_nothing_is_left(refused: Refund) -> None:
    record(refused, "T-4711", "4.00")
    with pytest.raises(AlreadyRecorded):
        record(refused, "T-4711", "5.90")
    record(refused, "T-4712", "5.90")
    with pytest.raises(NothingToRecord):
        record(refused, "T-4713", "0.01")
    assert Payment.objects.filter(kind="refund").count() == 2


def test_request_that_is_under_way_leaves_nothing_to_transfer(refused: Refund) -> None:
    ask(refused.payment)
    with pytest.raises(NothingToRecord):
        record(refused)


def test_failure_that_is_reported_again_changes_nothing(refused: Refund) -> None:
    apply(NAME, told(refused, FactKind.REFUNDED, "re-0"), clock.now())
    apply(NAME, told(refused, FactKind.REFUND_FAILED, "re-0"), clock.now())
    record(Refund.objects.get())
    before = list(Payment.objects.values_list("kind", "amount", "transaction_id"))
    for kind in (FactKind.REFUND_FAILED, FactKind.REFUNDED):
        apply(NAME, told(refused, kind, "re-0"), clock.now())
    assert list(Payment.objects.values_list("kind", "amount", "transaction_id")) == before
    assert refundable(refused.payment) == 0


def test_provider_that_gives_back_after_all_is_counted_for_a_week(refused: Refund) -> None:
    record(refused)
    apply(NAME, told(refused, FactKind.REFUNDED, "re-0"), clock.now())
    assert sum(Payment.objects.values_list("amount", flat=True)) == -ALL, "money that moved is recorded"
    assert needs_attention(clock.now())["double_refunds"] == 1
    assert not any(needs_attention(clock.now() + SHOWN + HOUR).values())


def test_operator_is_led_from_the_payment_to_the_record(refused: Refund) -> None:
    root: Client = sign_in(make_user(username="root", is_staff=True, is_superuser=True))
    payment_page = reverse("admin:payments_payment_change", args=[refused.payment_id])
    record_page = reverse("admin:record_refund", args=[refused.pk])
    assert record_page in root.get(payment_page).content.decode()
    assert "which has refused that" in root.get(record_page).content.decode()
    given = {"way": "transfer", "transaction_id": "T-4711", "amount": "9.90", "reason": REASON}
    assert "recorded as given back" in root.post(record_page, given, follow=True).content.decode()
    assert record_page not in root.get(payment_page).content.decode()
