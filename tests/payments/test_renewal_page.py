"""Renewals that are paid on the provider's page: what is agreed there, and what renews afterwards."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.urls import reverse

from foundation import clock
from payments.charging.first_calls import page_rests_until
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.stripe.metadata import named
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.trials import start_trial
from tests.payments.opened_orders import first_order, renewal_order
from tests.payments.paid_pages import AGREED, HOSTED, OPEN, PAID, come_back, pay, renewed_by_charges
from tests.payments.providers.stripe.answers import intent, session
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


def test_renewal_of_what_renews_automatically_does_not_ask_for_it_again_and_keeps_the_card_paid_with(
    online: Script,
) -> None:
    order = first_order(now=clock.now())
    browser = sign_in(order.user)
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
