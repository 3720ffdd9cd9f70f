"""Pages of the provider that are closed: for another consent, tab or way to pay, or with a withdrawn order."""

from typing import Any, cast

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments import hosted_page
from payments.models import Order
from payments.orders.consents import Consent
from payments.providers.interface import Provider
from tests.payments.opened_orders import first_order
from tests.payments.paid_pages import HOSTED, OPEN, PAID, pay
from tests.payments.providers.stripe.answers import intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.payments.watched_providers import InBetween
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(online: Script) -> Order:
    return first_order(now=clock.now())


@pytest.fixture
def browser(order: Order) -> Client:
    return sign_in(order.user)


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
