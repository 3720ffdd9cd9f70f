"""Checkout sessions and their page."""

from typing import Any

import pytest
import stripe

from tests.infra.local_provider.conftest import Control, Shop, page_of, visit

EXPANDED = ["payment_intent.latest_charge", "payment_intent.payment_method", "setup_intent.payment_method"]


def asked(api: stripe.V1Services, session: stripe.checkout.Session) -> stripe.checkout.Session:
    return api.checkout.sessions.retrieve(session.id, {"expand": EXPANDED})


def intent_of(session: stripe.checkout.Session) -> stripe.PaymentIntent:
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return session.payment_intent


def setup_session(api: stripe.V1Services, **members: Any) -> stripe.checkout.Session:
    wanted: Any = {
        "mode": "setup",
        "allowed_payment_method_types": ["card"],
        "success_url": "https://shop.example/saved",
        "cancel_url": "https://shop.example/",
        "setup_intent_data": {"metadata": {"user": "3"}},
    }
    return api.checkout.sessions.create(wanted | members)


def test_open_session_has_a_page_and_no_intent(api: stripe.V1Services, shop: Shop) -> None:
    session = asked(api, shop.checkout())
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (990, "eur")
    page = visit(page_of(session))
    assert page.status == 200
    for text in ("Monthly &amp; more", "9.90 EUR", "Pay", "Decline", "Needs authentication", "Lose the answer"):
        assert text in page.text
    assert "<script" not in page.text


def test_paying_sends_the_customer_back_with_the_session(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    session = shop.checkout()
    sent = visit(page_of(session), action="pay")
    assert (sent.status, sent.location) == (303, f"https://shop.example/back?session={session.id}")
    paid = asked(api, session)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert intent_of(paid).status == "succeeded"
    assert control("ledger")["orders"] == {"7": [intent_of(paid).id]}


def test_page_is_paid_once(shop: Shop, control: Control) -> None:
    session = shop.checkout()
    visit(page_of(session), action="pay")
    again = visit(page_of(session), action="pay")
    assert again.status == 410
    assert control("ledger")["sums"]["eur"]["total"] == 990


def test_declined_page_stays_open_for_another_card(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    declined = visit(page_of(session), action="decline")
    assert declined.status == 402
    assert 'role="alert"' in declined.text
    after = asked(api, session)
    assert (after.status, intent_of(after).status) == ("open", "requires_payment_method")
    visit(page_of(session), action="pay")
    assert intent_of(asked(api, session)).status == "succeeded"


@pytest.mark.parametrize(("answer", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
def test_authentication_decides(api: stripe.V1Services, shop: Shop, answer: str, status: str) -> None:
    session = shop.checkout()
    asks = visit(page_of(session), action="authenticate")
    intent = intent_of(asked(api, session))
    assert (asks.location, intent.status) == (f"/authenticate/{intent.id}", "requires_action")
    origin = page_of(session).partition("/c/")[0]
    assert "Is this payment yours?" in visit(origin + asks.location).text
    sent = visit(origin + asks.location, action=answer)
    assert sent.status == 303
    assert sent.location.startswith("https://shop.example/back" if answer == "complete" else origin)
    after = asked(api, session)
    assert intent_of(after).status == status
    assert after.status == ("complete" if answer == "complete" else "open")


def test_lost_answer_moves_the_money_and_sends_nobody_back(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    lost = visit(page_of(session), action="lose")
    assert (lost.status, lost.location) == (504, "")
    assert asked(api, session).payment_status == "paid"


def test_going_back_pays_nothing(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    assert visit(page_of(session), action="back").location == "https://shop.example/pay"
    assert asked(api, session).status == "open"


def test_expired_session_takes_no_money(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    session = shop.checkout()
    visit(page_of(session), action="decline")
    assert api.checkout.sessions.expire(session.id).status == "expired"
    assert visit(page_of(session), action="pay").status == 410
    assert intent_of(asked(api, session)).status == "canceled"
    assert control("ledger")["movements"] == []


def test_paid_session_cannot_expire(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    visit(page_of(session), action="pay")
    with pytest.raises(stripe.InvalidRequestError, match="complete"):
        api.checkout.sessions.expire(session.id)


def test_session_expires_after_a_day(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    session = shop.checkout()
    control("clock", advance=86_401)
    assert asked(api, session).status == "expired"
    assert api.events.list({"type": "checkout.session.expired"}).data[0].data.object["id"] == session.id


def test_intent_of_an_open_page_cannot_be_cancelled_or_confirmed(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    visit(page_of(session), action="decline")
    intent = intent_of(asked(api, session))
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


def test_debit_completes_the_session_before_the_money_arrives(
    api: stripe.V1Services, shop: Shop, control: Control
) -> None:
    session = shop.checkout()
    visit(page_of(session), action="pay", card="pm_success_at")
    sent = asked(api, session)
    assert (sent.status, sent.payment_status, intent_of(sent).status) == ("complete", "unpaid", "processing")
    control("clock", advance=3)
    assert asked(api, session).payment_status == "paid"


def test_method_is_saved_for_later_charges(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout(
        customer_creation="always",
        customer_email="ada@example.com",
        payment_intent_data={"metadata": {"order": "7"}, "setup_future_usage": "off_session"},
    )
    visit(page_of(session), action="pay")
    intent = intent_of(asked(api, session))
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    assert isinstance(intent.customer, str)
    assert intent.payment_method.customer == intent.customer
    assert api.customers.retrieve(intent.customer).email == "ada@example.com"
    assert api.payment_intents.confirm(shop.prepared(intent.payment_method).id).status == "succeeded"


@pytest.mark.parametrize("members", [{}, {"customer_creation": "if_required"}])
def test_customer_is_made_only_where_one_is_asked_for(
    api: stripe.V1Services, shop: Shop, members: dict[str, Any]
) -> None:
    saving = {"metadata": {"order": "7"}, "setup_future_usage": "off_session"}
    session = shop.checkout(customer_email="ada@example.com", payment_intent_data=saving, **members)
    visit(page_of(session), action="pay")
    paid = asked(api, session)
    assert (paid.status, paid.customer, intent_of(paid).customer) == ("complete", None, None)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "ada@example.com"
    assert api.events.list({"type": "customer.created"}).data == []


def test_method_of_a_single_payment_is_used_up(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    visit(page_of(session), action="pay")
    method = intent_of(asked(api, session)).payment_method
    assert isinstance(method, stripe.PaymentMethod)
    customer = api.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        api.payment_methods.attach(method.id, {"customer": customer.id})


SAVING: Any = {
    "customer_creation": "always",
    "payment_intent_data": {"metadata": {"order": "7"}, "setup_future_usage": "off_session"},
}


def test_ideal_pays_once_and_is_never_charged_again(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout(**SAVING)
    assert "iDEAL" in visit(page_of(session)).text
    visit(page_of(session), action="pay", card="pm_ideal")
    intent = intent_of(api.checkout.sessions.retrieve(session.id, {"expand": EXPANDED}))
    assert (intent.status, intent.amount_received) == ("succeeded", 990)
    assert isinstance(intent.latest_charge, stripe.Charge)
    details = intent.latest_charge.payment_method_details
    assert details is not None
    assert (details.type, isinstance(details.ideal, stripe.Charge.PaymentMethodDetails.Ideal)) == ("ideal", True)
    method, customer = intent.payment_method, intent.customer
    assert isinstance(method, stripe.PaymentMethod)
    assert isinstance(customer, str)
    assert (method.type, method.customer) == ("ideal", None)
    renewal: Any = {"amount": 990, "currency": "eur", "customer": customer, "payment_method": method.id}
    with pytest.raises(stripe.InvalidRequestError, match="ideal PaymentMethod cannot be used again"):
        api.payment_intents.create(renewal)


@pytest.mark.parametrize("kind", ["ideal", "sepa_debit"])
def test_page_takes_no_method_of_an_excluded_type(
    api: stripe.V1Services, shop: Shop, control: Control, kind: str
) -> None:
    session = shop.checkout(excluded_payment_method_types=[kind, "bancontact"])
    assert session.excluded_payment_method_types == [kind, "bancontact"]
    assert kind not in session.payment_method_types
    token = {"ideal": "pm_ideal", "sepa_debit": "pm_success_at"}[kind]
    assert token not in visit(page_of(session)).text
    assert visit(page_of(session), action="pay", card=token).status == 410
    assert control("ledger")["movements"] == []


def test_setup_saves_a_card_and_charges_nothing(api: stripe.V1Services, control: Control) -> None:
    customer = api.customers.create()
    session = setup_session(api, customer=customer.id)
    assert "Save card" in visit(page_of(session)).text
    assert visit(page_of(session), action="pay").location == "https://shop.example/saved"
    saved = asked(api, session)
    assert isinstance(saved.setup_intent, stripe.SetupIntent)
    assert isinstance(saved.setup_intent.payment_method, stripe.PaymentMethod)
    assert saved.setup_intent.payment_method.customer == customer.id
    assert saved.setup_intent.metadata is not None
    assert saved.setup_intent.metadata["user"] == "3"
    assert control("ledger")["movements"] == []
    assert [method.id for method in api.payment_methods.list({"customer": customer.id}).data] == [
        saved.setup_intent.payment_method.id
    ]


def test_declined_setup_stays_open(api: stripe.V1Services) -> None:
    session = setup_session(api)
    assert visit(page_of(session), action="decline").status == 402
    assert asked(api, session).status == "open"


def test_unknown_page_is_not_found(shop: Shop) -> None:
    session = shop.checkout()
    assert visit(page_of(session).partition("cs_test")[0] + "cs_test_none").status == 404


def test_customers_are_led_to_the_origin_at_which_they_reach_the_merchant(shop: Shop, control: Control) -> None:
    control("sites", known="https://shop.example", reached="http://127.0.0.1:8000")
    assert visit(page_of(shop.checkout()), action="back").location == "http://127.0.0.1:8000/pay"
    led = visit(page_of(shop.checkout()), action="pay").location
    assert led.startswith("http://127.0.0.1:8000/back?session=cs_")
