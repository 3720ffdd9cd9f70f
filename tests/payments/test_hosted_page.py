"""Payment on the provider's page: there, back, twice, and while another way is open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments import hosted_page
from payments.charging.first_calls import page_rests_until
from payments.facts import apply
from payments.models import Order, Payment, PaymentMethod, Renewal
from payments.orders.consents import Consent
from payments.orders.opening import open_first
from payments.providers.interface import Message, Provider
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.messages import kept_of
from payments.providers.stripe.metadata import named
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from subscriptions.trials import start_trial
from tests.payments.opened_orders import first_order, renewal_order
from tests.payments.providers.stripe.answers import failure, intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.payments.watched_providers import InBetween, OutsideTransactions
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

AGREED = {"begins_at_once": "on"}
OPEN = session("open")
PAID = session("complete", payment_intent=intent())
HOSTED = "https://checkout.stripe.com/c/pay/cs_1"


@pytest.fixture
def order(online: Script) -> Order:
    return first_order(now=clock.now())


@pytest.fixture
def browser(order: Order) -> Client:
    return sign_in(order.user)


def pay(browser: Client, order: Order, **fields: str) -> Any:
    return browser.post(reverse("pay", args=[order.pk]), AGREED | fields)


def come_back(browser: Client, order: Order) -> str:
    return browser.get(reverse("pay_return", args=[order.pk])).content.decode()


def test_page_shows_what_is_paid_and_nothing_is_ticked(browser: Client, order: Order) -> None:
    page = browser.get(reverse("pay", args=[order.pk])).content.decode()
    for shown in ("9.90 EUR", "Amount, taxes included", "30 days", "Renew automatically", "within 14 days"):
        assert shown in page
    assert "Order with obligation to pay" in page
    assert "checked" not in page


def test_renewal_of_what_renews_automatically_does_not_ask_for_it_again_and_keeps_the_card_paid_with(
    browser: Client, order: Order, online: Script
) -> None:
    online.answer(OPEN)
    pay(browser, order, renews="on")
    online.answer(session("complete", payment_intent=intent(setup_future_usage="off_session")))
    come_back(browser, order)
    agreed = Renewal.objects.get()
    PaymentMethod.objects.update(token="pm_old")
    renewal = renewal_order(Subscription.objects.get(), clock.now())
    page = browser.get(reverse("pay", args=[renewal.pk])).content.decode()
    assert "Your subscription goes on renewing automatically. We charge 9.90 EUR to the card or account that" in page
    assert 'name="renews"' not in page
    for price, stated in (("8.00", "8.00"), ("12.00", "9.90")):  # what is charged next, not what is paid now
        Plan.objects.update(price=price)
        renewal = renewal_order(Subscription.objects.get(), clock.now())
        page = browser.get(reverse("pay", args=[renewal.pk])).content.decode()
        assert f"{price} EUR" in page
        assert f"renewing automatically. We charge {stated} EUR to the card or account that" in page

    online.answer(session("open", id="cs_2"))
    pay(browser, renewal)
    assert online.last.parameters["payment_intent_data[setup_future_usage]"] == "off_session"
    paid = intent(id="pi_2", setup_future_usage="off_session", metadata=named("order", renewal.pk))
    online.answer(session("complete", id="cs_2", payment_intent=paid))
    come_back(browser, renewal)
    assert renewal.payments.exists()
    kept = Renewal.objects.get()
    assert (kept.auto_renew, kept.amount, kept.agreed_at) == (True, agreed.amount, agreed.agreed_at)
    assert kept.method != agreed.method


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


def test_other_consent_closes_the_first_page(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(session("expired"))
    online.answer(session("open", id="cs_2"))
    pay(browser, order, renews="on")
    assert online.requests[1].path == "/v1/checkout/sessions/cs_1/expire"
    order.refresh_from_db()
    assert (order.reference, order.renews) == ("cs_2", True)


def test_page_that_has_expired_is_replaced(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    for answer in (session("expired"), session("expired"), session("open", id="cs_2")):
        online.answer(answer)
    pay(browser, order)
    order.refresh_from_db()
    assert order.reference == "cs_2"


def test_loser_of_two_tabs_closes_its_page_and_shows_the_stored_one(order: Order, online: Script) -> None:
    seen = Order.objects.select_related("user", "plan").get(pk=order.pk)
    provider = InBetween(lambda: Order.objects.filter(pk=order.pk).update(way="page", reference="cs_1"))
    for answer in (session("open", id="cs_2"), session("expired", id="cs_2"), OPEN):
        online.answer(answer)
    page = hosted_page.begin(seen, cast(Provider, provider), Consent("", renews=False), "https://site/", clock.now())
    assert page.reference == "cs_1"
    assert online.requests[1].path == "/v1/checkout/sessions/cs_2/expire"


@pytest.mark.parametrize("cancelled", [intent("canceled"), intent("succeeded")], ids=["closed", "too late"])
def test_charge_is_closed_before_a_page_is_opened(
    browser: Client, order: Order, online: Script, cancelled: dict[str, Any]
) -> None:
    Order.objects.filter(pk=order.pk).update(way="charge", provider="stripe", reference="pi_1", state="unknown")
    online.answer(cancelled)
    online.answer(OPEN)
    answer = pay(browser, order)
    assert online.requests[0].path == "/v1/payment_intents/pi_1/cancel"
    order.refresh_from_db()
    if cancelled["status"] == "succeeded":
        assert (answer["Location"], order.state) == (reverse("pay_return", args=[order.pk]), "paid")
        assert len(online.requests) == 1
    else:
        assert (answer["Location"], order.way, order.reference) == (HOSTED, "page", "cs_1")


def test_charge_that_cannot_be_closed_keeps_its_way(browser: Client, order: Order, online: Script) -> None:
    Order.objects.filter(pk=order.pk).update(way="charge", provider="stripe", reference="pi_1")
    for _call in ("cancel", "ask"):
        online.answers.append(Answer(503, b"{}"))
    answer = pay(browser, order)
    assert answer.status_code == 503
    assert "Nothing was taken" in answer.content.decode()
    order.refresh_from_db()
    assert (order.way, order.reference) == ("charge", "pi_1")


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


def test_withdrawing_closes_the_page(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.answer(session("expired"))
    browser.post(reverse("void_order", args=[order.pk]))
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == ("void", None)


def test_withdrawing_what_was_paid_meanwhile_gives_the_period(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    online.refuse(400)
    online.answer(PAID)
    browser.post(reverse("void_order", args=[order.pk]))
    order.refresh_from_db()
    assert order.state == "paid"


def test_page_that_cannot_be_closed_is_left_to_the_charger(browser: Client, order: Order, online: Script) -> None:
    online.answer(OPEN)
    pay(browser, order)
    for _call in ("expire", "ask"):
        online.answers.append(Answer(hang_up=True))
    browser.post(reverse("void_order", args=[order.pk]))
    order.refresh_from_db()
    assert (order.state, order.reference) == ("open", "cs_1")
    assert order.close_requested_at is not None
    assert "You have withdrawn this order" in browser.get(reverse("pay", args=[order.pk])).content.decode()
    assert len(online.requests) == 3


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


def test_renewal_is_paid_on_the_page_as_well(online: Script) -> None:
    held = Subscription.objects.create(
        user=make_user(), plan=make_plan(), start_date=clock.now(), end_date=clock.now() + timedelta(days=30)
    )
    order = renewal_order(held, clock.now())
    browser = sign_in(held.user)
    online.answer(OPEN)
    pay(browser, order)
    online.answer(PAID)
    come_back(browser, order)
    end = held.end_date
    held.refresh_from_db()
    assert held.end_date == end + timedelta(days=30)


def test_renewal_has_no_withdrawal_so_that_nobody_is_asked_to_begin_before_it_ends(
    online: Script, settings: LazySettings
) -> None:
    settings.TERMS_VERSION = "2026-11"
    order = renewed_by_charges()
    browser = sign_in(order.user)
    page = browser.get(reverse("pay", args=[order.pk])).content.decode()
    assert 'name="terms"' in page
    assert "begins_at_once" not in page
    assert "ithdraw from the contract" not in page

    online.answer(OPEN)
    assert browser.post(reverse("pay", args=[order.pk]), {"terms": "on"})["Location"] == HOSTED
    online.answer(PAID)
    come_back(browser, order)
    order.refresh_from_db()
    assert (order.state, order.terms, order.begins_at_once) == ("paid", "2026-11", False)
    receipt = browser.get(reverse("receipt", args=[order.payments.get().pk])).content.decode()
    assert "2026-11" in receipt
    assert "begin at once" not in receipt
    assert "Withdraw from contract" not in receipt


def test_first_payment_after_a_trial_asks_to_begin_before_the_time_for_withdrawal_is_over(online: Script) -> None:
    held = start_trial(make_user(), make_plan(trial_days=7), now=clock.now())
    order = renewal_order(held, clock.now())
    browser = sign_in(order.user)
    address = reverse("pay", args=[order.pk])
    assert "within 14 days" in browser.get(address).content.decode()
    assert browser.post(address, {}).status_code == 400
    online.answer(OPEN)
    assert browser.post(address, AGREED)["Location"] == HOSTED
    order.refresh_from_db()
    assert order.begins_at_once
    online.answer(PAID)
    come_back(browser, order)
    receipt = browser.get(reverse("receipt", args=[order.payments.get().pk])).content.decode()
    assert "Agreed to begin at once" in receipt
    assert "Withdraw from contract" in receipt


def test_whoever_is_at_the_page_is_left_alone_although_there_was_nothing_to_tick(online: Script) -> None:
    order = renewed_by_charges()  # no terms, no withdrawal, and it renews already: a button alone
    online.answer(OPEN)
    assert sign_in(order.user).post(reverse("pay", args=[order.pk]), {})["Location"] == HOSTED
    order.refresh_from_db()
    assert (order.way, order.terms, order.renews, order.agreed_to_begin_at) == ("page", "", True, None)
    assert page_rests_until(order, clock.now() - timedelta(hours=1)) > clock.now()


def renewed_by_charges() -> Order:
    """Open the order of a renewal that is charged automatically."""
    now = clock.now()
    held = Subscription.objects.create(
        user=make_user(), plan=make_plan(), start_date=now, end_date=now + timedelta(days=1)
    )
    method = PaymentMethod.objects.create(user=held.user, provider="stripe", customer="cus_1", token="pm_old")
    Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=now
    )
    return renewal_order(held, now)


@pytest.mark.parametrize("end", [Service.cancel_subscription, Service.cancel_now])
@pytest.mark.parametrize("ticked", [{}, {"renews": "on"}])
def test_renewal_of_what_was_cancelled_renews_again_only_if_the_subscriber_says_so(
    online: Script, end: Callable[[Subscription], object], ticked: dict[str, str]
) -> None:
    before = renewed_by_charges()
    assert before.subscription is not None
    Subscription.objects.update(start_date=clock.now() - timedelta(days=1))
    end(before.subscription)
    agreed_at = Renewal.objects.get().agreed_at
    order = renewal_order(before.subscription, clock.now())
    browser = sign_in(order.user)
    page = browser.get(reverse("pay", args=[order.pk])).content.decode()
    assert 'name="renews"' in page
    assert "checked" not in page
    assert "goes on renewing" not in page
    online.answer(OPEN)
    pay(browser, order, **ticked)
    online.answer(PAID)
    come_back(browser, order)
    assert Subscription.objects.get().status == "active"
    renewal = Renewal.objects.get()
    assert (renewal.auto_renew, renewal.agreed_at > agreed_at) == (bool(ticked), bool(ticked))


@pytest.mark.parametrize("ticked", [{}, {"renews": "on"}])
def test_renewal_whose_card_is_gone_renews_again_only_if_the_subscriber_says_so(
    online: Script, ticked: dict[str, str]
) -> None:
    order = renewed_by_charges()
    Renewal.objects.update(method=None)  # so that the page asks
    browser = sign_in(order.user)
    online.answer(OPEN)
    pay(browser, order, **ticked)
    online.answer(PAID)
    come_back(browser, order)
    assert Renewal.objects.get().auto_renew is bool(ticked)


def test_withdrawing_a_renewal_ends_the_agreement_to_charge_it(online: Script) -> None:
    """Else the charger would open another order of the same period, and charge that."""
    order = renewed_by_charges()
    page = sign_in(order.user).post(reverse("void_order", args=[order.pk]), follow=True).content.decode()
    assert Order.objects.get().state == "void"
    assert Renewal.objects.get().auto_renew is False
    assert "does not renew automatically any more" in page


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
