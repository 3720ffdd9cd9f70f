"""Refunds in the admin: by permission, through the queue, on record."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Payment, Refund
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import process_refunds
from subscriptions.models import Subscription
from tests.payments.bank import NAME, Bank
from tests.payments.opened_orders import first_order, money
from tests.support.factories import make_plan
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _present_provider(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "tests.payments.bank.Bank"


@pytest.fixture
def payment() -> Payment:
    """Return a payment of 9.90 EUR through the bank, for the running period."""
    now = clock.now()
    return record_payment(first_order(now=now), MoneyReceived(NAME, "pi_1", Decimal("9.90"), "EUR", now), now=now)


@pytest.fixture
def surplus(payment: Payment) -> Payment:
    """Return a second payment for the same order."""
    assert payment.order is not None
    now = clock.now()
    return record_payment(payment.order, MoneyReceived(NAME, "pi_2", Decimal("9.90"), "EUR", now), now=now)


@pytest.fixture
def operator() -> Client:
    return sign_in(make_staff("payments.view_payment", "payments.add_refund"))


def page(payment: Payment) -> str:
    return reverse("admin:refund_payment", args=[payment.pk])


def shown(client: Client, payment: Payment) -> str:
    return client.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()


def test_form_is_preset_to_all_that_is_left_and_to_end_the_running_period(operator: Client, payment: Payment) -> None:
    assert page(payment) in shown(operator, payment)
    form = operator.get(page(payment)).context["form"]
    assert form.initial == {"amount": Decimal("9.90"), "ends_now": True}


def test_refund_goes_through_the_queue_and_is_on_record(operator: Client, payment: Payment) -> None:
    wish = {"amount": "9.90", "reason": "by mistake", "ends_now": "on"}
    answer: Any = operator.post(page(payment), wish, follow=True)

    request = Refund.objects.get()
    assert (request.state, request.reason, request.ends_now) == ("requested", "by mistake", True)
    assert messages(answer) == ["9.90 EUR go back within a minute."]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (request.requested_by, str(payment.pk))
    assert "9.90 EUR: by mistake" in entry.change_message

    process_refunds(Bank(), clock.now(), lambda: HOUR)
    assert Subscription.objects.get().status == "expired"
    assert "Nothing is left to give back." in shown(operator, payment)


def test_transfer_is_recorded_as_returned_at_once(operator: Client) -> None:
    transfer = record_payment(first_order(now=clock.now()), money(), now=clock.now())
    assert "Transfer it back first" in operator.get(page(transfer)).content.decode()
    answer: Any = operator.post(page(transfer), {"amount": "2.00", "reason": "outage"}, follow=True)
    assert messages(answer) == ["2.00 EUR are recorded as given back."]
    assert Subscription.objects.get().status == "active"


def test_surplus_goes_back_by_one_click(operator: Client, surplus: Payment) -> None:
    assert 'name="surplus"' in shown(operator, surplus)
    operator.post(page(surplus), {"surplus": "1"})
    request = Refund.objects.get()
    assert (request.payment, request.amount, request.ends_now) == (surplus, Decimal("9.90"), False)
    assert request.reason


def test_button_of_a_surplus_gives_back_nothing_else(operator: Client, payment: Payment) -> None:
    assert 'name="surplus"' not in shown(operator, payment)
    assert operator.post(page(payment), {"surplus": "1"}).status_code == 400
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "wrong", [*({"amount": amount} for amount in ("9.91", "0", "1.005", "", "NaN")), {"reason": ""}]
)
def test_wrong_input_is_asked_again_and_nothing_is_stored(
    operator: Client, payment: Payment, wrong: dict[str, str]
) -> None:
    assert operator.post(page(payment), {"amount": "1.00", "reason": "x"} | wrong).status_code == 400
    assert not Refund.objects.exists()


def test_refund_that_another_one_was_faster_than_says_what_is_left(
    operator: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.admin.refunding.RefundForm.clean_amount", lambda form: form.cleaned_data["amount"])
    answer: Any = operator.post(page(payment), {"amount": "9.91", "reason": "x"}, follow=True)
    assert "has 9.90 EUR left to give back" in messages(answer)[0]


def test_only_whoever_may_refund_is_let_in(payment: Payment) -> None:
    viewer = sign_in(make_staff("payments.view_payment"))
    assert page(payment) not in shown(viewer, payment)
    for answer in (viewer.get(page(payment)), viewer.post(page(payment), {"amount": "1", "reason": "x"})):
        assert answer.status_code == 403
    assert not Refund.objects.exists()


def test_refund_itself_cannot_be_given_back(operator: Client, payment: Payment) -> None:
    transfer = record_payment(first_order(make_plan(), clock.now()), money(), now=clock.now())
    operator.post(page(transfer), {"amount": "1.00", "reason": "x"})
    returned = Payment.objects.get(kind="refund")
    assert page(returned) not in shown(operator, returned)
    assert operator.post(page(returned), {"amount": "1.00", "reason": "x"}).status_code == 400
