"""Paying by transfer and on the provider's page, from the order to the receipt."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from accounts.models import Profile
from foundation import clock
from payments.models import Order
from payments.orders.opening import open_first, void
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import request_refund
from subscriptions.models import Plan, Subscription
from subscriptions.terms import UNSEEN
from tests.browser.visitor import Visitor
from tests.payments.providers.stripe.answers import failure, intent, session
from tests.payments.providers.stripe.scripted import Answer, Script, scripted
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff

REFUNDING = ("payments.view_order", "payments.view_payment", "payments.add_refund")
ACCOUNT = "Acme Ltd\nDE02 1203 0000 0000 2020 51"


@pytest.fixture
def plan(settings: LazySettings, transactional_db: None) -> Plan:
    """Create a plan that is paid by transfer."""
    settings.PAYMENT_PROVIDER, settings.PAYMENT_INSTRUCTIONS = "manual", ACCOUNT
    return make_plan(duration_months=1)


def test_subscriber_orders_and_staff_record_the_transfer(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    visitor.open("subscribe", plan.pk)
    visitor.look_at("subscribe-to-pay")
    visitor.click("Continue to the order")
    order = Order.objects.get()
    visitor.look_at("order-by-transfer")
    visitor.click("Order with obligation to pay")
    expect(visitor.page.get_by_text(order.transfer_reference)).to_be_visible()
    visitor.look_at("pay")

    visitor.sign_in(make_staff("payments.view_order", "payments.record_payment"))
    visitor.open("admin:record_payment", order.pk)
    visitor.look_at("admin-record-payment")
    visitor.page.get_by_label("Transaction").fill("2026-31")
    visitor.page.get_by_label("Paid on").fill("2026-12-01")
    visitor.click(f"Record a payment for {order.transfer_reference}")
    expect(visitor.page.get_by_text("The payment is recorded, and the period is given.")).to_be_visible()
    assert Subscription.objects.get().user == ada

    visitor.sign_in(ada)
    visitor.open("pay", order.pk)
    visitor.look_at("pay-paid")
    visitor.open("payments")
    visitor.look_at("payments")
    visitor.click(f"Receipt {order.payments.get().pk}", "link")
    visitor.look_at("receipt")


def test_pages_without_payments_of_a_void_order_and_of_a_surplus(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    visitor.open("payments")
    visitor.look_at("payments-none")
    visitor.open("subscribe", plan.pk)
    visitor.click("Continue to the order")
    visitor.click("Withdraw the order")
    expect(visitor.page.get_by_text("Nothing is to be paid.")).to_be_visible()
    order = void(Order.objects.get(), clock.now())
    visitor.open("pay", order.pk)
    visitor.look_at("pay-void")
    surplus = record_payment(
        order, MoneyReceived("manual", "t-1", order.amount, order.currency, clock.now()), now=clock.now()
    )
    visitor.open("receipt", surplus.pk)
    visitor.look_at("receipt-surplus")


PAGE = (
    b'<!DOCTYPE html><html lang="en"><title>Pay</title><link rel="icon" href="data:,"><h1>Provider\'s page</h1></html>'
)


@pytest.fixture
def provider(settings: LazySettings, visitor: Visitor) -> Iterator[Script]:
    """Let subscribers pay on a page of another origin, whose answers are scripted."""
    with scripted() as script:
        settings.PAYMENT_PROVIDER, settings.TERMS_VERSION, settings.SITE_TERMS_URL = "stripe", "2026-11", "/terms"
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = script.address, "sk_test_scripted"
        visitor.others.append(script.address)
        yield script


def lead_to_the_provider(provider: Script, *answers: dict[str, object]) -> None:
    """Script the calls of a press on the button, the last of which leads to the page."""
    for answer in (*answers, session("open", url=f"{provider.address}/c/pay/cs_1")):
        provider.answer(answer)
    provider.answers.append(Answer(body=PAGE, headers={"Content-Type": "text/html"}))


def test_subscriber_is_declined_then_pays_with_another_card(visitor: Visitor, plan: Plan, provider: Script) -> None:
    visitor.sign_in(make_user(username="ada", email="ada@example.com"))
    visitor.open("subscribe", plan.pk)
    visitor.look_at("subscribe-online")
    visitor.click("Continue to the order")
    visitor.look_at("order")
    for label in ("Renew automatically", "I accept the terms", "Begin at once, before the time for withdrawal is over"):
        visitor.page.get_by_label(label).check()
    lead_to_the_provider(provider)
    visitor.click("Order with obligation to pay")
    expect(visitor.page.get_by_role("heading", name="Provider's page")).to_be_visible()

    order = Order.objects.get()
    declined = intent("requires_payment_method", last_payment_error=failure("card_declined", "insufficient_funds"))
    provider.answer(session("open", payment_intent=declined))
    visitor.open("pay_return", order.pk)
    expect(visitor.page.get_by_text("Your bank has declined the payment.")).to_be_visible()
    visitor.look_at("return-declined")

    provider.answer(session("complete", payment_intent=intent(setup_future_usage="off_session")))
    visitor.open("pay_return", order.pk)
    visitor.look_at("return-paid")
    visitor.click("See the receipt", "link")
    expect(visitor.page.get_by_text("2026-11")).to_be_visible()
    visitor.look_at("receipt-online")
    visitor.open("payment_method")
    expect(visitor.page.get_by_text("Visa •••• 4242")).to_be_visible()
    visitor.look_at("payment-method")
    visitor.click("Turn off")
    expect(visitor.page.get_by_text("Monthly does not renew automatically any more.")).to_be_visible()


def test_german_order_page_obliges_in_the_words_of_the_law(visitor: Visitor, plan: Plan, provider: Script) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    Profile.objects.update_or_create(user=ada, defaults={"language": "de"})
    visitor.sign_in(ada)
    visitor.open("subscribe", plan.pk)
    visitor.click("Weiter zur Bestellung")
    expect(visitor.page.get_by_role("button", name="Zahlungspflichtig bestellen")).to_be_visible()
    visitor.look_at("order-german")
    visitor.open("payment_method")
    visitor.look_at("payment-method-german")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize(
    ("language", "title", "reason", "sent", "seen"),
    [
        ("en", "Refund payment {}", "Reason", "9.90 EUR are recorded as given back.", "Refunded: 9.90 EUR"),
        ("de", "Zahlung {} erstatten", "Grund", "9,90 EUR sind als erstattet erfasst.", "Erstattet: 9,90 EUR"),
    ],
)
def test_operator_refunds_and_the_subscriber_sees_it(
    visitor: Visitor, plan: Plan, language: str, title: str, reason: str, sent: str, seen: str
) -> None:
    ada, clerk = make_user(username="ada"), make_staff(*REFUNDING)
    for user in (ada, clerk):
        Profile.objects.update_or_create(user=user, defaults={"language": language})
    now = clock.now()
    order = open_first(ada, plan, now, UNSEEN)
    payment = record_payment(order, MoneyReceived("manual", "t-1", order.amount, order.currency, now), now=now)

    visitor.sign_in(clerk)
    visitor.open("admin:payments_payment_change", payment.pk)
    visitor.look_at(f"admin-payment-{language}")
    visitor.open("admin:refund_payment", payment.pk)
    visitor.look_at(f"admin-refund-{language}")
    visitor.page.get_by_label(reason).fill("by mistake")
    visitor.click(title.format(payment.pk))
    expect(visitor.page.get_by_text(sent)).to_be_visible()
    assert Subscription.objects.get().status == "expired"

    visitor.open("admin:payments_order_change", order.pk)
    visitor.look_at(f"admin-order-{language}")

    visitor.sign_in(ada)
    visitor.open("payments")
    expect(visitor.page.get_by_text(seen)).to_be_visible()
    visitor.page.set_viewport_size({"width": 320, "height": 800})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    visitor.look_at(f"payments-refunded-{language}")


@pytest.mark.parametrize(
    ("language", "title", "way", "number", "reason", "sent"),
    [
        (
            "en",
            "Record refund {} as given back",
            "by a bank transfer",
            "Transaction",
            "Reason",
            "9.90 EUR are recorded as given back.",
        ),
        (
            "de",
            "Erstattung {} als erfolgt erfassen",
            "durch eine Überweisung",
            "Vorgang",
            "Grund",
            "9,90 EUR sind als erstattet erfasst.",
        ),
    ],
)
def test_operator_records_what_went_back_after_the_provider_was_left(
    visitor: Visitor, plan: Plan, language: str, title: str, way: str, number: str, reason: str, sent: str
) -> None:
    clerk = make_staff("payments.view_payment", "payments.view_refund", "payments.add_refund")
    Profile.objects.update_or_create(user=clerk, defaults={"language": language})
    now = clock.now()
    order = open_first(make_user(username="ada"), plan, now, UNSEEN)
    payment = record_payment(order, MoneyReceived("stripe", "pi_1", order.amount, order.currency, now), now=now)
    refund = request_refund(payment, order.amount, "by mistake", ends_now=True, now=now, actor=clerk)

    visitor.sign_in(clerk)
    visitor.open("admin:payments_payment_change", payment.pk)
    visitor.page.get_by_role("link", name=title.format(refund.pk)).click()
    visitor.look_at(f"admin-record-refund-{language}")
    visitor.page.get_by_label(way).check()
    visitor.page.get_by_label(number).fill("T-4711")
    visitor.page.get_by_label(reason).fill("the provider was left")
    visitor.click(title.format(refund.pk))
    expect(visitor.page.get_by_text(sent)).to_be_visible()
    assert Subscription.objects.get().status == "expired"


def test_surplus_goes_back_by_one_press(visitor: Visitor, plan: Plan) -> None:
    now = clock.now()
    order = void(open_first(make_user(), plan, now, UNSEEN), now)
    surplus = record_payment(order, MoneyReceived("manual", "t-1", order.amount, order.currency, now), now=now)
    visitor.sign_in(make_staff("payments.view_payment", "payments.add_refund"))
    visitor.open("admin:payments_payment_change", surplus.pk)
    visitor.look_at("admin-surplus")
    visitor.click("Give all of it back")
    expect(visitor.page.get_by_text("Nothing is left to give back.")).to_be_visible()
