"""Requests that the adapter sends, through the official SDK over HTTP."""

from decimal import Decimal
from typing import Any

import pytest

from payments.errors import ProviderRefused, ProviderUnavailable
from payments.models import Order, Payment, PaymentMethod
from payments.providers.interface import OutcomeKind, Page
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.metadata import named
from payments.received_money.recording import record_payment
from tests.payments.opened_orders import first_order, money
from tests.payments.providers.stripe.answers import intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.support.factories import NOW, make_plan

pytestmark = pytest.mark.django_db

RETURN, CANCEL = "https://site/pay/1/return/", "https://site/pay/1/cancelled/"


def begin(provider: StripeProvider, order: Order) -> Page:
    return provider.begin(order, RETURN, CANCEL)


def test_page_takes_the_orders_amount_and_nothing_else(script: Script, provider: StripeProvider) -> None:
    order = first_order()
    script.answer(session("open"))
    assert begin(provider, order) == Page("cs_1", "https://checkout.stripe.com/c/pay/cs_1")
    sent = script.last.parameters
    assert script.last.path == "/v1/checkout/sessions"
    price = "line_items[0][price_data]"
    assert (sent[f"{price}[unit_amount]"], sent[f"{price}[currency]"]) == ("990", "eur")
    switched_off = ("adaptive_pricing[enabled]", "allow_promotion_codes", "automatic_tax[enabled]")
    assert [sent[name] for name in switched_off] == ["false"] * 3
    assert (sent["success_url"], sent["cancel_url"]) == (RETURN, CANCEL)


def test_metadata_holds_the_signed_order_and_nothing_else(script: Script, provider: StripeProvider) -> None:
    order = first_order()
    script.answer(session("open"))
    begin(provider, order)
    metadata = {name: value for name, value in script.last.parameters.items() if "metadata" in name}
    members = named("order", order.pk)
    assert members["order"] == str(order.pk)
    of_session = {f"metadata[{name}]": value for name, value in members.items()}
    of_intent = {f"payment_intent_data[metadata][{name}]": value for name, value in members.items()}
    assert metadata == of_session | of_intent


@pytest.mark.parametrize("renews", [True, False])
def test_card_and_customer_are_kept_only_if_the_subscriber_agreed(
    script: Script, provider: StripeProvider, renews: bool
) -> None:
    order = first_order()
    order.renews = renews
    script.answer(session("open"))
    begin(provider, order)
    asked = script.last.parameters
    assert asked.get("payment_intent_data[setup_future_usage]") == ("off_session" if renews else None)
    assert asked["customer_creation"] == ("always" if renews else "if_required")
    assert asked["customer_email"] == order.user.email
    excluded = [value for name, value in asked.items() if name.startswith("excluded_payment_method_types")]
    assert excluded == (["bancontact", "ideal", "sofort"] if renews else [])


def test_order_with_a_page_gets_that_page_and_none_is_made(script: Script, provider: StripeProvider) -> None:
    order = first_order()
    order.reference = "cs_1"
    script.answer(session("open"))
    assert begin(provider, order).reference == "cs_1"
    assert [(request.method, request.path) for request in script.requests] == [("GET", "/v1/checkout/sessions/cs_1")]


@pytest.mark.parametrize("status", ["complete", "expired", "invented_later"])
def test_page_that_is_not_open_is_not_replaced_unasked(script: Script, provider: StripeProvider, status: str) -> None:
    order = first_order()
    order.reference = "cs_1"
    script.answer(session(status))
    with pytest.raises(ProviderUnavailable):
        begin(provider, order)
    assert len(script.requests) == 1


def test_page_that_was_closed_does_not_come_back_by_its_key(script: Script, provider: StripeProvider) -> None:
    order = first_order()
    for _page in range(2):
        script.answer(session("open"))
        begin(provider, order)
    first, second = (request.headers["idempotency-key"] for request in script.requests)
    assert first != second


def test_known_customer_is_named_and_one_that_stripe_lost_is_made_anew(
    script: Script, provider: StripeProvider
) -> None:
    order = first_order()
    order.renews = True
    PaymentMethod.objects.create(user=order.user, provider="stripe", customer="cus_1", token="pm_1")
    script.refuse(400, code="resource_missing", param="customer")
    script.answer(session("open"))
    begin(provider, order)
    assert script.requests[0].parameters["customer"] == "cus_1"
    assert script.last.parameters["customer_creation"] == "always"
    assert "customer" not in script.last.parameters


def test_page_that_cannot_be_begun_is_unavailable_or_refused(script: Script, provider: StripeProvider) -> None:
    order = first_order()
    script.refuse(400, code="amount_too_small")
    with pytest.raises(ProviderRefused, match="amount_too_small"):
        begin(provider, order)
    for answer in (Answer(500, b"{}"), Answer(hang_up=True), Answer(429, b'{"error": {}}')):
        script.answers.append(answer)
        with pytest.raises(ProviderUnavailable):
            begin(provider, order)


def test_amount_that_stripe_cannot_count_is_refused_before_a_call(script: Script, provider: StripeProvider) -> None:
    order = first_order(make_plan(price=Decimal("1.234"), currency="KWD"))
    with pytest.raises(ProviderRefused):
        begin(provider, order)
    assert script.requests == []


def test_prepared_charge_is_not_confirmed_and_each_try_has_a_key(
    script: Script, provider: StripeProvider, method: PaymentMethod
) -> None:
    order = first_order()
    script.answer(intent("requires_confirmation"))
    assert provider.prepare(order, method, 1) == "pi_1"
    assert "confirm" not in script.last.parameters
    assert (script.last.parameters["amount"], script.last.parameters["metadata[order]"]) == ("990", str(order.pk))
    for number in (1, 2):
        script.answer(intent())
        assert provider.charge("pi_1", method, number).kind is OutcomeKind.SUCCEEDED
    keys = [request.headers["idempotency-key"] for request in script.requests]
    assert len(set(keys)) == 3
    assert script.last.path == "/v1/payment_intents/pi_1/confirm"
    assert script.last.parameters["off_session"] == "true"


@pytest.mark.parametrize(
    ("reference", "path", "asked"),
    [
        ("pi_1", "/v1/payment_intents/pi_1/cancel", intent("succeeded")),
        ("cs_1", "/v1/checkout/sessions/cs_1/expire", session(payment_intent=intent("succeeded"))),
    ],
)
def test_closing_too_late_tells_of_the_money(
    script: Script, provider: StripeProvider, reference: str, path: str, asked: dict[str, Any]
) -> None:
    script.refuse(400, code="payment_intent_unexpected_state")
    script.answer(asked)
    outcome = provider.close(reference)
    assert script.requests[0].path == path
    assert (outcome.kind, outcome.transaction_id) == (OutcomeKind.SUCCEEDED, "pi_1")


def test_closing_is_confirmed(script: Script, provider: StripeProvider) -> None:
    script.answer(intent("canceled"))
    script.answer(session("expired"))
    assert [provider.close(each).kind for each in ("pi_1", "cs_1")] == [OutcomeKind.CLOSED] * 2


def test_closing_whose_answer_was_lost_is_unknown_where_nobody_can_ask(
    script: Script, provider: StripeProvider
) -> None:
    for _reference in ("pi_1", "cs_1"):
        script.answer({}, 500)
        script.refuse(429)
    assert [provider.close(each).kind for each in ("pi_1", "cs_1")] == [OutcomeKind.UNKNOWN] * 2


@pytest.fixture
def payment() -> Payment:
    return record_payment(first_order(), money(transaction_id="pi_1"), now=NOW)


NO_REFUNDS = {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}


def test_refund_that_was_made_before_the_key_was_forgotten_is_found(
    script: Script, provider: StripeProvider, payment: Payment
) -> None:
    made = {"object": "refund", "id": "re_1", "status": "succeeded", "amount": 400, "currency": "eur", "created": 1}
    others = made | {"id": "re_0", "metadata": {"refund": "refund-6"}}
    script.answer(NO_REFUNDS | {"data": [others, made | {"metadata": {"refund": "refund-7"}}]})
    outcome = provider.refund(payment, Decimal("4.00"), "refund-7")
    assert (outcome.kind, outcome.transaction_id) == (OutcomeKind.SUCCEEDED, "re_1")
    assert [request.method for request in script.requests] == ["GET"]


def test_refund_goes_out_under_its_key(script: Script, provider: StripeProvider, payment: Payment) -> None:
    script.answer(NO_REFUNDS)
    script.answer(
        {"object": "refund", "id": "re_1", "status": "succeeded", "amount": 400, "currency": "eur", "created": 1}
    )
    outcome = provider.refund(payment, Decimal("4.00"), "refund-7")
    assert (outcome.kind, outcome.transaction_id, outcome.amount) == (OutcomeKind.SUCCEEDED, "re_1", Decimal(4))
    assert (script.last.parameters["payment_intent"], script.last.parameters["amount"]) == ("pi_1", "400")
    assert script.last.parameters["metadata[refund]"] == script.last.headers["idempotency-key"] == "refund-7"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "refund_disputed_payment", OutcomeKind.DECLINED),
        (404, "resource_missing", OutcomeKind.DECLINED),
        (500, "", OutcomeKind.UNKNOWN),
    ],
)
def test_refused_refund_is_settled_unless_it_may_have_been_made(
    script: Script, provider: StripeProvider, payment: Payment, status: int, code: str, kind: OutcomeKind
) -> None:
    script.answer(NO_REFUNDS)
    script.refuse(status, code=code)
    assert provider.refund(payment, Decimal(4), "refund-7").kind is kind


def listed(number: int, amount: int = 990, status: str = "succeeded", **metadata: str) -> dict[str, Any]:
    """Return one of the refunds that Stripe lists for a charge."""
    named = {"object": "refund", "id": f"re_{number}", "metadata": metadata}
    return named | {"amount": amount, "status": status, "currency": "eur", "created": number}


@pytest.mark.parametrize(
    ("refunds", "expected"),
    [
        ([], (OutcomeKind.UNKNOWN, "", None)),
        ([listed(2), listed(1, refund="refund-7")], (OutcomeKind.SUCCEEDED, "re_1", Decimal("9.90"))),
        ([listed(2, 590), listed(1, 400)], (OutcomeKind.SUCCEEDED, "re_1", Decimal("4.00"))),
        ([listed(2, 890), listed(1, 100)], (OutcomeKind.SUCCEEDED, "re_2", Decimal("8.90"))),
        ([listed(2, 990, "failed"), listed(1)], (OutcomeKind.SUCCEEDED, "re_1", Decimal("9.90"))),
        ([listed(2, 990, "pending")], (OutcomeKind.PENDING, "re_2", Decimal("9.90"))),
        ([listed(2, 990, refund="refund-6")], (OutcomeKind.UNKNOWN, "", None)),
    ],
    ids=["none", "ours", "same amount", "other amounts", "failed", "on its way", "another request's"],
)
def test_refund_of_which_nothing_is_left_is_settled_by_the_one_that_stripe_lists(
    script: Script, provider: StripeProvider, payment: Payment, refunds: list[Any], expected: tuple[Any, ...]
) -> None:
    script.answer(NO_REFUNDS)
    script.refuse(400, code="charge_already_refunded")
    script.answer(NO_REFUNDS | {"data": refunds})
    outcome = provider.refund(payment, Decimal(4), "refund-7")
    assert (outcome.kind, outcome.transaction_id, outcome.amount) == expected


def test_customer_is_deleted_and_one_that_is_gone_is_deleted(script: Script, provider: StripeProvider) -> None:
    script.answer({"id": "cus_1", "object": "customer", "deleted": True})
    provider.forget("cus_1")
    assert (script.last.method, script.last.path) == ("DELETE", "/v1/customers/cus_1")
    script.refuse(404, code="resource_missing")
    provider.forget("cus_1")
    script.refuse(500)
    with pytest.raises(ProviderUnavailable):
        provider.forget("cus_1")


def test_page_for_a_new_card_keeps_no_money(script: Script, provider: StripeProvider) -> None:
    script.answer(session("open", mode="setup"))
    assert provider.save_method("7", "cus_1", RETURN, CANCEL).reference == "cs_1"
    assert (script.last.parameters["mode"], script.last.parameters["customer"]) == ("setup", "cus_1")
    assert script.last.parameters["metadata[user]"] == "7"
