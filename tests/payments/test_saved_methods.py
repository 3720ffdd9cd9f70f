"""Payment method page: replace, remove, and automatic renewal."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.models import Order, PaymentMethod, Renewal
from subscriptions.models import Subscription
from tests.payments.orders import renewal_order
from tests.payments.providers.stripe.answers import intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def renewal(online: Script) -> Renewal:
    """Create a subscription that renews automatically by a card."""
    now = clock.now()
    user = make_user()
    held = Subscription.objects.create(user=user, plan=make_plan(), start_date=now, end_date=now + DAY)
    method = PaymentMethod.objects.create(
        user=user, provider="stripe", customer="cus_1", token="pm_old", brand="visa", last4="1111"
    )
    return Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=now
    )


@pytest.fixture
def browser(renewal: Renewal) -> Client:
    return sign_in(renewal.subscription.user)


def page(browser: Client) -> str:
    return browser.get(reverse("payment_method")).content.decode()


def saved(status: str = "complete") -> dict[str, object]:
    setup = {"object": "setup_intent", "id": "seti_1", "payment_method": intent()["payment_method"]}
    return session(status, mode="setup", setup_intent=setup if status == "complete" else None)


def test_page_shows_the_card_and_what_it_renews(browser: Client, online: Script) -> None:
    shown = page(browser)
    for part in ("Visa •••• 1111", "We charge 9.90 EUR", "Use another card"):
        assert part in shown
    assert online.address in browser.get(reverse("payment_method"))["Content-Security-Policy"]


def test_page_of_somebody_without_a_card_says_so(online: Script) -> None:
    assert "No card is saved" in page(sign_in(make_user()))


def test_new_card_takes_over_and_what_is_due_is_charged_at_once(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    Order.objects.filter(pk=order.pk).update(state="needs_subscriber", way="charge", due_at=None)
    online.answer(saved("open"))
    answer = browser.post(reverse("replace_payment_method"))
    assert answer["Location"].startswith("https://checkout.stripe.com/")
    assert online.last.parameters["customer"] == "cus_1"
    online.answer(saved())
    assert "Visa •••• 4242" in browser.get(reverse("payment_method_return"), follow=True).content.decode()

    renewal.refresh_from_db()
    order.refresh_from_db()
    assert renewal.method is not None
    assert renewal.method.token == "pm_1"
    assert order.state == "open"
    assert order.due_at is not None
    browser.get(reverse("payment_method_return"))
    assert len(online.requests) == 2  # asked once


def test_new_card_is_not_charged_for_an_order_that_only_its_subscriber_may_pay_yet(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer(saved())
    browser.get(reverse("payment_method_return"))
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("open", None)


def test_leaving_the_page_changes_nothing(browser: Client, renewal: Renewal, online: Script) -> None:
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer(saved("open"))
    assert "no card was saved" in browser.get(reverse("payment_method_return"), follow=True).content.decode()
    assert PaymentMethod.objects.get().token == "pm_old"


def test_provider_that_does_not_answer_is_503(browser: Client, online: Script) -> None:
    online.answers.append(Answer(hang_up=True))
    assert browser.post(reverse("replace_payment_method")).status_code == 503


def test_removed_card_renews_nothing_and_is_forgotten(browser: Client, renewal: Renewal) -> None:
    browser.post(reverse("remove_payment_method"))
    renewal.refresh_from_db()
    method = PaymentMethod.objects.get()
    assert (renewal.auto_renew, renewal.method) == (False, None)
    assert method.removed_at is not None
    assert method.forget_requested_at is not None
    assert "No card is saved" in page(browser)


def test_card_is_not_removed_while_a_renewal_is_collected(browser: Client, renewal: Renewal) -> None:
    renewal_order(renewal.subscription, clock.now())
    answer = browser.post(reverse("remove_payment_method"), follow=True)
    assert "A renewal is being collected" in answer.content.decode()
    assert PaymentMethod.objects.get().removed_at is None


def test_automatic_renewal_is_turned_off_and_leads_to_the_terms_for_on(browser: Client, renewal: Renewal) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    browser.post(reverse("auto_renew", args=[renewal.pk]))
    renewal.refresh_from_db()
    order.refresh_from_db()
    assert (renewal.auto_renew, order.state) == (False, "void")
    assert reverse("automatic_renewal", args=[renewal.subscription_id]) in page(browser)


def test_renewals_of_others_are_not_found(renewal: Renewal) -> None:
    assert sign_in(make_user()).post(reverse("auto_renew", args=[renewal.pk])).status_code == 404
    renewal.refresh_from_db()
    assert renewal.auto_renew
