"""Payment on the provider's page: there, back, twice, and while another way is open."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.facts import apply
from payments.models import Order, Payment, PaymentMethod, Renewal
from payments.orders.opening import open_first
from payments.providers.interface import Message
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.messages import kept_of
from payments.providers.stripe.metadata import named
from subscriptions.models import Plan, Subscription
from subscriptions.terms import UNSEEN
from tests.payments.opened_orders import first_order
from tests.payments.paid_pages import AGREED, HOSTED, OPEN, PAID, come_back, pay
from tests.payments.providers.stripe.answers import failure, intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.payments.watched_providers import OutsideTransactions
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(online: Script) -> Order:
    return first_order(now=clock.now())


@pytest.fixture
def browser(order: Order) -> Client:
    return sign_in(order.user)


def test_page_shows_what_is_paid_and_nothing_is_ticked(browser: Client, order: Order) -> None:
    page = browser.get(reverse("pay", args=[order.pk])).content.decode()
    for shown in ("9.90 EUR", "Amount, taxes included", "30 days", "Renew automatically", "within 14 days"):
        assert shown in page
    assert "Order with obligation to pay" in page
    assert "checked" not in page


def test_form_may_lead_to_the_provider_on_this_page_alone(browser: Client, order: Order, online: Script) -> None:
    policy = browser.get(reverse("pay", args=[order.pk]))["Content-Security-Policy"]
    assert f"form-action 'self' {online.address}" in policy.split("; ")  # in any order
    assert online.address not in browser.get(reverse("payments"))["Content-Security-Policy"]


def test_order_leads_to_the_providers_page_and_keeps_consent_and_reference(
    browser: Client, order: Order, online: Script, settings: LazySettings
) -> None:
    settings.TERMS_VERSION, settings.SITE_TERMS_URL = "2026-11", "https://site.example/terms"
    shown = browser.get(reverse("pay", args=[order.pk])).content.decode()
    positions = [shown.index(part) for part in ("I accept", "https://site.example/terms", "Order with obligation")]
    assert positions == sorted(positions)
    online.answer(OPEN)
    answer = pay(browser, order, terms="on", renews="on")
    assert answer["Location"] == HOSTED
    order.refresh_from_db()
    assert (order.way, order.provider, order.reference) == ("page", "stripe", "cs_1")
    assert (order.terms, order.renews) == ("2026-11", True)
    assert order.consented_at is not None
    assert online.last.parameters["success_url"] == f"http://testserver/pay/{order.pk}/return/"


@pytest.mark.parametrize("missing", ["terms", "begins_at_once"])
def test_without_consent_nobody_is_called(
    browser: Client, order: Order, online: Script, settings: LazySettings, missing: str
) -> None:
    settings.TERMS_VERSION = "2026-11"
    fields = {"terms": "on", "begins_at_once": "on"}
    del fields[missing]
    answer = browser.post(reverse("pay", args=[order.pk]), fields)
    assert answer.status_code == 400
    assert f'id="id_{missing}_error"' in answer.content.decode()
    assert online.requests == []


def test_same_order_again_gives_the_same_page(browser: Client, order: Order, online: Script) -> None:
    for answer in (OPEN, OPEN, OPEN):  # made; asked; returned
        online.answer(answer)
    assert [pay(browser, order)["Location"] for _click in range(2)] == [HOSTED] * 2
    assert [request.method for request in online.requests] == ["POST", "GET", "GET"]


def test_provider_that_does_not_answer_is_503_and_the_order_stays(
    browser: Client, order: Order, online: Script
) -> None:
    online.answers.append(Answer(hang_up=True))
    answer = pay(browser, order)
    assert answer.status_code == 503
    order.refresh_from_db()
    assert (order.state, order.reference) == ("open", "")


def test_return_gives_the_period_once(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(PAID)
    assert "Your payment has arrived" in come_back(browser, order)
    assert "Your payment has arrived" in come_back(browser, order)
    assert (Payment.objects.count(), Subscription.objects.count()) == (1, 1)
    payment = Payment.objects.get()
    assert (payment.provider, payment.transaction_id, payment.surplus) == ("stripe", "pi_1", False)
    assert payment.receipt_url == "https://pay/r"
    assert len(online.requests) == 2  # a finished order is not asked about


def test_method_and_price_are_kept_if_the_subscriber_agreed(
    browser: Client, order: Order, online: Script, settings: LazySettings
) -> None:
    settings.TERMS_VERSION = "2026-11"
    online.answer(OPEN)
    pay(browser, order, terms="on", renews="on")
    online.answer(session("complete", payment_intent=intent(setup_future_usage="off_session")))
    come_back(browser, order)
    renewal, method = Renewal.objects.get(), PaymentMethod.objects.get()
    assert (renewal.method, renewal.auto_renew, str(renewal.amount), renewal.currency) == (method, True, "9.90", "EUR")
    assert renewal.terms == "2026-11"
    assert (method.user, method.brand, method.last4, method.customer) == (order.user, "visa", "4242", "cus_1")


@pytest.mark.parametrize("returns", [True, False])
def test_method_is_kept_though_only_a_webhook_tells_of_the_payment(
    browser: Client, order: Order, online: Script, returns: bool
) -> None:
    online.answer(OPEN)
    pay(browser, order, renews="on")
    paid = intent(setup_future_usage="off_session", payment_method="pm_1", metadata=named("order", order.pk))
    message = Message("evt_1", "payment_intent.succeeded", clock.now(), {"object": kept_of(paid)})
    for fact in StripeProvider().facts(message):
        apply("stripe", fact, clock.now())
    method = PaymentMethod.objects.get()
    assert (method.token, method.customer, method.user) == ("pm_1", "cus_1", order.user)
    assert Renewal.objects.get().method == method
    if returns:
        online.answer(session("complete", payment_intent=intent(setup_future_usage="off_session")))
        come_back(browser, order)
        method.refresh_from_db()
        assert (method.brand, method.last4) == ("visa", "4242")
    assert (Payment.objects.count(), PaymentMethod.objects.count()) == (1, 1)


def test_without_consent_to_renew_nothing_is_kept(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(PAID)
    come_back(browser, order)
    assert not Renewal.objects.exists()
    assert not PaymentMethod.objects.exists()


@pytest.mark.parametrize(
    ("answer", "says", "state"),
    [
        (OPEN, "You have left the payment page before paying", "open"),
        (session("expired"), "You have left the payment page before paying", "open"),
        (
            session(
                "open", payment_intent=intent("requires_payment_method", last_payment_error=failure("card_declined"))
            ),
            "Your bank has declined the payment",
            "open",
        ),
        (
            session(
                "open",
                payment_intent=intent(
                    "requires_payment_method", last_payment_error=failure("payment_intent_authentication_failure")
                ),
            ),
            "Your bank could not confirm that it was you, so nothing was taken",
            "open",
        ),
        (session("complete", payment_intent=intent("processing")), "Your payment is on its way", "pending"),
        (session("complete"), "We do not know yet", "open"),
    ],
)
def test_return_without_money_gives_nothing_and_says_why(  # a visit proves nothing
    browser: Client, order: Order, online: Script, answer: dict[str, Any], says: str, state: str
) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(answer)
    assert says in come_back(browser, order)
    order.refresh_from_db()
    assert order.state == state
    assert not Payment.objects.exists()


def test_order_whose_debit_is_on_its_way_is_neither_ordered_again_nor_withdrawn(
    browser: Client, order: Order, online: Script
) -> None:
    debit = session("complete", payment_intent=intent("processing"))
    online.answer(OPEN)
    pay(browser, order)
    shown_before = browser.get(reverse("pay", args=[order.pk])).content.decode()
    assert "Withdraw the order" in shown_before
    online.refuse(400)  # the page cannot be closed
    online.answer(debit)
    page = browser.post(reverse("void_order", args=[order.pk]), follow=True).content.decode()
    assert "Your payment is on its way already." in page
    for offered in ("Order with obligation to pay", "Withdraw the order"):
        assert offered not in page
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == ("pending", None)


def test_other_amount_than_ordered_is_a_surplus(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(session("complete", payment_intent=intent(amount_received=500)))
    come_back(browser, order)
    assert Payment.objects.get().surplus
    assert not Subscription.objects.exists()


def test_order_whose_debit_failed_after_the_page_is_paid_on_another(
    browser: Client, order: Order, online: Script
) -> None:
    """The page is over: it takes nothing more, and cannot be closed either."""
    online.answer(OPEN)
    pay(browser, order)
    failed = intent("requires_payment_method", last_payment_error=failure("debit_not_authorized"))
    online.answer(session("complete", payment_intent=failed))
    assert "Your bank has declined the payment" in come_back(browser, order)
    for _call in ("ask", "close"):
        online.answer(session("complete", payment_intent=failed))
    online.answer(OPEN | {"id": "cs_2"})
    assert pay(browser, order).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.reference) == ("open", "cs_2")


@pytest.mark.parametrize("state", ["open", "pending", "unknown"])
def test_order_that_is_being_paid_is_kept_when_the_price_changes(
    browser: Client, order: Order, online: Script, state: str
) -> None:
    online.answer(OPEN)
    pay(browser, order)
    Order.objects.filter(pk=order.pk).update(state=state)
    Plan.objects.filter(pk=order.plan_id).update(price="12.00")
    assert open_first(order.user, order.plan, clock.now(), UNSEEN) == order
    order.refresh_from_db()
    assert (order.state, str(order.amount)) == (state, "9.90")


def test_orders_of_others_are_not_found(order: Order, online: Script) -> None:
    stranger = sign_in(make_user())
    assert stranger.post(reverse("pay", args=[order.pk]), AGREED).status_code == 404
    assert stranger.get(reverse("pay_return", args=[order.pk])).status_code == 404
    assert online.requests == []


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_a_call(online: Script, settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "tests.payments.watched_providers.OutsideTransactions"
    order = first_order(now=clock.now())
    browser = sign_in(order.user)
    for answer in (OPEN, session("expired"), session("open", id="cs_2"), PAID):
        online.answer(answer)
    pay(browser, order)
    pay(browser, order, renews="on")
    come_back(browser, order)
    assert OutsideTransactions.calls == 4
    assert Payment.objects.count() == 1
