"""Provider that stalls: the calls of one request end in time for the page that says so."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments import middleware
from payments.models import Order
from payments.providers.deadline import deadline_of_a_call
from payments.providers.stripe import transport
from tests.payments.opened_orders import first_order
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

CALL = timedelta(milliseconds=400)
REQUEST = timedelta(milliseconds=600)


@pytest.fixture
def stalled(online: Script, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Let each answer begin and never end. The second call ends with the request's time; none begins after it."""
    monkeypatch.setattr(transport, "CALL", CALL)
    monkeypatch.setattr(middleware, "PROVIDER_CALLS", REQUEST)
    never = threading.Event()
    online.answers.extend(Answer(body=b"{" + b" " * 100, stall=never) for _call in range(4))
    yield online
    never.set()


@pytest.fixture
def order() -> Order:
    """Return an order whose page is open."""
    order = first_order(now=clock.now())
    Order.objects.filter(pk=order.pk).update(way="page", provider="stripe", reference="cs_1")
    return order


def at(order: Order) -> Client:
    return sign_in(order.user)


def test_subscriber_gets_the_page_that_says_so(order: Order, stalled: Script) -> None:
    answer = at(order).post(reverse("pay", args=[order.pk]), {"begins_at_once": "on"})
    assert answer.status_code == 503
    assert "Nothing was taken" in answer.content.decode()
    assert len(stalled.requests) <= 2, "ask, close; the time is over before it is asked again"
    order.refresh_from_db()
    assert (order.state, order.way, order.reference) == ("open", "page", "cs_1")


def test_order_that_is_withdrawn_is_left_to_the_charger_to_close(
    order: Order, stalled: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "PROVIDER_CALLS", CALL / 2)
    answer = at(order).post(reverse("void_order", args=[order.pk]))
    assert answer.headers["Location"] == reverse("payments")
    assert len(stalled.requests) <= 1, "close; the time is over before it is asked"
    order.refresh_from_db()
    assert (order.state, order.close_requested_at is None) == ("open", False)


def test_each_request_has_time_of_its_own(order: Order, stalled: Script) -> None:
    browser = at(order)
    browser.get(reverse("pay_return", args=[order.pk]))
    assert deadline_of_a_call(timedelta(hours=1)).seconds_left > REQUEST.total_seconds()
