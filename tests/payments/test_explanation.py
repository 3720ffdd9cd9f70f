"""Explanation of an order: a sentence per case, and its events on the order's page."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from payments.admin.explanation import explain_order
from payments.hosted_page import begin
from payments.models import Attempt, Order, PaymentMethod
from payments.orders.consents import Consent
from payments.orders.opening import void
from payments.received_money.recording import record_payment
from payments.refunds.requests import request_refund
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import charge
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=2)
AT = "3 Dec 2026 03:00 UTC"


@pytest.fixture
def renewal() -> Order:
    """Return an order that renews a subscription."""
    return renewal_order(Service.create_subscription(make_user(), make_plan(), now=NOW))


def tried(order: Order, outcome: str, code: str = "", number: int = 1) -> Attempt:
    return Attempt.objects.create(
        order=order, number=number, way="charge", begun_at=NOW, ended_at=NOW, outcome=outcome, code=code
    )


def sentence(order: Order, **fields: Any) -> str:
    """Return the sentence of the order with these fields."""
    Order.objects.filter(pk=order.pk).update(**fields)
    order.refresh_from_db()
    return explain_order(order).sentence


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "It is not paid: the subscriber has not paid on the page, and nothing is charged by itself."),
        ({"way": "page"}, "It is not paid: the subscriber has opened the provider's page, and has not paid there."),
        ({"due_at": LATER}, f"It is not charged yet: the first try follows on {AT}."),
        ({"state": "pending"}, "It is paid as soon as the money arrives, which the provider says is on its way."),
        (
            {"state": "unknown", "due_at": LATER},
            f"It may be charged: the provider's answer was lost. The provider is asked again on {AT}.",
        ),
        (
            {"state": "needs_subscriber"},
            "It is not charged: there is no payment method that can be charged. The subscriber must pay.",
        ),
        (
            {"close_requested_at": NOW},
            "It is not charged any more: it is being closed at the provider, as it was withdrawn, or access ended.",
        ),
        (
            {"state": "void", "finished_at": LATER},
            f"It was not charged: the subscription was cancelled, or went on otherwise, on {AT}.",
        ),
    ],
)
def test_order_without_a_try(renewal: Order, fields: dict[str, Any], text: str) -> None:
    assert sentence(renewal, **fields) == text


@pytest.mark.parametrize(
    ("outcome", "fields", "text"),
    [
        (
            "declined",
            {"due_at": LATER},
            f"It is not charged yet: try 1 failed (stolen_card). The next one follows on {AT}.",
        ),
        ("requires_action", {"state": "needs_subscriber"}, "the bank wants the subscriber to confirm the payment"),
        ("declined_for_good", {"state": "needs_subscriber"}, "the method must not be tried again (stolen_card)."),
        ("declined", {"state": "needs_subscriber"}, "the last try failed (stolen_card), and no other follows."),
        (
            "declined",
            {"state": "given_up", "finished_at": LATER},
            f"It was given up on {AT}, when access ended. Failed tries: 1, the last one with stolen_card.",
        ),
    ],
)
def test_order_whose_try_failed(renewal: Order, outcome: str, fields: dict[str, Any], text: str) -> None:
    tried(renewal, outcome, "stolen_card")
    assert text in sentence(renewal, **fields)


def test_order_of_a_deactivated_subscriber_says_that_it_waits_for_them(renewal: Order) -> None:
    get_user_model().objects.filter(pk=renewal.user_id).update(is_active=False)
    text = f"It is not charged: the subscriber's account is deactivated. It is looked at again on {AT}."
    assert sentence(renewal, due_at=LATER) == text


def test_paid_order_says_when_and_after_how_many_tries(renewal: Order) -> None:
    tried(renewal, "declined")
    record_payment(renewal, money(), now=NOW)
    assert sentence(renewal) == "It was paid on 1 Dec 2026 03:00 UTC: 9.90 EUR. Failed tries before that: 1."


def test_debit_that_did_not_arrive_is_one_failed_try(renewal: Order) -> None:
    tried(renewal, "pending")
    tried(renewal, "declined", "debit_failed", number=2)
    record_payment(renewal, money(), now=NOW)
    assert sentence(renewal).endswith("Failed tries before that: 1.")


def test_order_that_an_operator_made_void_names_them() -> None:
    clerk = make_user(username="clerk")
    assert sentence(void(first_order(), LATER, clerk)) == f"It was not charged: clerk made it void on {AT}."


def test_operator_is_named_by_an_order_that_the_charger_had_to_close_first(provider: LedgerProvider) -> None:
    clerk, order = make_user(username="clerk"), first_order()
    begin(order, provider, Consent("", renews=False), "", NOW)
    assert void(order, NOW, clerk).is_open
    void(order, NOW)  # a second click, or the subscriber's wish
    charge(provider, LATER)
    assert sentence(order) == f"It was not charged: clerk made it void on {AT}."


def test_order_that_its_subscriber_withdrew_names_no_operator_who_made_it_void_again(provider: LedgerProvider) -> None:
    order = first_order()
    begin(order, provider, Consent("", renews=False), "", NOW)
    void(order, NOW)
    void(order, NOW, make_user(username="clerk"))
    charge(provider, LATER)
    assert "the subscriber withdrew it" in sentence(order)


def test_surplus_is_mentioned() -> None:
    order = void(first_order(), NOW)
    record_payment(order, money(), now=NOW)
    assert "Money arrived that it did not wait for" in sentence(order)


def test_page_shows_sentence_and_events_in_order(renewal: Order) -> None:
    tried(renewal, "declined", "insufficient_funds")
    payment = record_payment(renewal, money(transaction_id="t-7"), now=NOW)
    request_refund(payment, Decimal(1), "outage", ends_now=False, now=LATER, actor=None)
    page = sign_in(make_staff("payments.view_order")).get(reverse("admin:payments_order_change", args=[renewal.pk]))
    assert "It was paid on" in page.content.decode()
    assert [event.text for event in page.context["explanation"].events] == [
        "opened",
        "try 1: declined",
        "payment",
        "paid",
        "refund asked for",
        "refund",
    ]


@pytest.mark.parametrize("rows", [1, 20])
def test_queries_do_not_grow(renewal: Order, rows: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(1, rows + 1):
        tried(renewal, "declined", number=number)
        payment = record_payment(renewal, money(), now=NOW)
        request_refund(payment, Decimal(1), "x", ends_now=False, now=LATER, actor=None)
    with django_assert_num_queries(3):  # tries, payments, their refunds
        explain_order(renewal)


@pytest.fixture
def operator() -> Client:
    return sign_in(make_staff("payments.view_attempt", "payments.view_paymentmethod"))


@pytest.mark.parametrize("rows", [1, 20])
def test_lists_of_attempts_and_methods_have_a_fixed_number_of_queries(
    operator: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        tried(first_order(), "declined", "stolen_card")
        PaymentMethod.objects.create(user=make_user(), provider="stripe", customer="cus_1", token=f"pm_{number}")
    for model in ("attempt", "paymentmethod"):
        with django_assert_num_queries(6):  # session, user, two of permissions, count, rows
            operator.get(reverse(f"admin:payments_{model}_changelist"))


def test_pages_show_attempts_and_methods_without_their_tokens(operator: Client) -> None:
    order = first_order()
    attempt = tried(order, "declined", "stolen_card")
    method = PaymentMethod.objects.create(
        user=order.user, provider="stripe", customer="cus_SECRET1234", token="pm_SECRET5678", brand="visa", last4="4242"
    )
    shown = operator.get(reverse("admin:payments_attempt_change", args=[attempt.pk])).content.decode()
    assert "stolen_card" in shown
    for address in ("admin:payments_paymentmethod_changelist", "admin:payments_paymentmethod_change"):
        arguments = [method.pk] if address.endswith("_change") else []
        page = operator.get(reverse(address, args=arguments)).content.decode()
        assert "4242" in page
        assert "SECRET" not in page
    assert "…5678" in page
    for model in ("attempt", "paymentmethod"):
        found = operator.get(reverse(f"admin:payments_{model}_changelist"), {"q": order.user.get_username()})
        assert found.context["cl"].result_count == 1
        assert operator.get(reverse(f"admin:payments_{model}_add")).status_code == 403
