"""Page on which an operator records that a refund went back outside."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Payment, Refund
from tests.payments.outside_refunds import REASON, ask, pay_through_a_former_provider
from tests.support.staff import make_staff, messages, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

FORM = {"way": "transfer", "transaction_id": "T-4711", "amount": "9.90", "reason": REASON}


@pytest.fixture
def payment() -> Payment:
    return pay_through_a_former_provider()


@pytest.fixture
def request_(payment: Payment) -> Refund:
    return ask(payment)


@pytest.fixture
def operator() -> Client:
    return sign_in(make_staff("payments.view_payment", "payments.view_refund", "payments.add_refund"))


def page(request: Refund) -> str:
    return reverse("admin:record_refund", args=[request.pk])


def shown(client: Client, name: str, key: int) -> str:
    return client.get(reverse(f"admin:payments_{name}_change", args=[key])).content.decode()


def test_operator_records_it_on_the_page_that_the_refund_and_the_payment_lead_to(
    operator: Client, request_: Refund
) -> None:
    key = request_.payment_id
    for name, row in (("payment", key), ("refund", request_.pk)):
        assert page(request_) in shown(operator, name, row)
    asked = operator.get(page(request_))
    assert asked.context["form"].initial == {"amount": Decimal("9.90")}
    assert "through bank, which does not tell us" in asked.content.decode()
    answer: Any = operator.post(page(request_), FORM, follow=True)

    assert messages(answer) == ["9.90 EUR are recorded as given back."]
    made = Payment.objects.get(kind="refund")
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, made.recorded_by) == (made.recorded_by, str(key), entry.user)
    assert f"9.90 EUR, manual T-4711: {REASON}" in entry.change_message
    for name, row in (("payment", key), ("refund", request_.pk)):
        assert page(request_) not in shown(operator, name, row)
    assert REASON in shown(operator, "refund", request_.pk)


def test_second_press_records_nothing(operator: Client, request_: Refund) -> None:
    operator.post(page(request_), FORM)
    for again in (FORM, FORM | {"transaction_id": "T-4712"}):
        answer: Any = operator.post(page(request_), again, follow=True)
        assert messages(answer)[-1].endswith("Nothing was recorded.")
    assert Payment.objects.filter(kind="refund").count() == 1


def test_page_says_until_when_a_call_is_under_way(operator: Client, request_: Refund) -> None:
    until = clock.now() + timedelta(minutes=2)
    Refund.objects.filter(pk=request_.pk).update(lease_until=until)
    answer: Any = operator.post(page(request_), FORM, follow=True)
    assert f"try after {until:%H:%M:%S} UTC" in messages(answer)[0]
    assert not Payment.objects.filter(kind="refund").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        *({"amount": amount} for amount in ("9.91", "0", "1.005", "", "NaN")),
        {"reason": " "},
        {"reason": "x" * 501},
        {"transaction_id": ""},
        {"transaction_id": "x" * 201},
        {"way": "elsewhere"},
        {"way": "provider", "transaction_id": "pi_1"},
    ],
)
def test_wrong_input_is_asked_again_and_nothing_is_stored(
    operator: Client, request_: Refund, wrong: dict[str, str]
) -> None:
    assert operator.post(page(request_), FORM | wrong).status_code == 400
    assert not Payment.objects.filter(kind="refund").exists()


def test_only_whoever_may_refund_is_let_in(request_: Refund) -> None:
    viewer = sign_in(make_staff("payments.view_payment", "payments.view_refund", "payments.settle_surplus"))
    for name, row in (("payment", request_.payment_id), ("refund", request_.pk)):
        assert page(request_) not in shown(viewer, name, row)
    for answer in (viewer.get(page(request_)), viewer.post(page(request_), FORM)):
        assert answer.status_code == 403
    assert not Payment.objects.filter(kind="refund").exists()


def test_refund_of_a_former_providers_payment_says_that_staff_gives_it_back(operator: Client, payment: Payment) -> None:
    address = reverse("admin:refund_payment", args=[payment.pk])
    assert "through bank, which is not asked any more" in operator.get(address).content.decode()
    answer: Any = operator.post(address, {"amount": "2.00", "reason": "outage"}, follow=True)
    assert "record it below" in messages(answer)[0]
    assert page(Refund.objects.get()) in answer.content.decode()
