"""The API where subscribers pay: 402 with the order."""

import pytest

from foundation import clock
from payments.models import Order
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.support.factories import make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]


def test_subscribing_answers_402_with_one_order_however_often(owner: Caller) -> None:
    plan = make_plan()
    answers = [owner.post("subscriptions", {"plan": plan.pk}) for _request in range(2)]

    order = Order.objects.get()
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["order"]) == (402, order.pk)
        assert problem["type"] == "urn:subscriptions:problem:payment-required"
        assert problem["pay_url"].endswith(f"/pay/{order.pk}/")
    assert not Subscription.objects.exists()


def test_free_plan_is_given(owner: Caller) -> None:
    assert owner.post("subscriptions", {"plan": make_plan(price=0).pk}).status_code == 201


def test_unknown_plan_is_404_and_orders_nothing(owner: Caller) -> None:
    assert owner.post("subscriptions", {"plan": 999}).status_code == 404
    assert not Order.objects.exists()


def test_renewal_by_the_owner_answers_402(owner: Caller) -> None:
    held = Service.create_subscription(owner.user, make_plan(), now=clock.now())
    answer = owner.post(f"subscriptions/{held.pk}/renew", {})
    assert (answer.status_code, answer.json()["order"]) == (402, Order.objects.get(subscription=held).pk)


def test_terms_that_differ_are_409_and_order_nothing(owner: Caller) -> None:
    assert owner.post("subscriptions", {"plan": make_plan().pk, "expected_price": "1.00"}).status_code == 409
    assert not Order.objects.exists()
