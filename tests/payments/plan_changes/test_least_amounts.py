"""Differences that are less than the provider takes: the credit becomes time, and nothing is given away."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.models import Order
from payments.plan_changes.change_orders import change_now, quote
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

MINUTES = timedelta(minutes=5)
HOUR = timedelta(hours=1)
A_CENT = MONTH / 1000
"""Time that a cent buys of a plan for 10.00 EUR."""


@pytest.fixture(autouse=True)
def _stripe_takes_the_money(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "stripe"


@pytest.fixture
def dearer() -> Plan:
    return make_plan(name="Dearer", price=10)


def test_difference_that_stripe_does_not_take_is_not_ordered(subscription: Subscription, dearer: Plan) -> None:
    offer = quote(subscription, dearer, NOW + MINUTES)
    assert (offer.credit, offer.amount, offer.end) == (Decimal("9.90"), Decimal(0), NOW + MINUTES + MONTH * 99 / 100)

    assert change_now(subscription, dearer, NOW + MINUTES, UNSEEN, subscription.user) is None

    subscription.refresh_from_db()
    assert (subscription.plan, subscription.end_date) == (dearer, offer.end)
    assert not Order.objects.filter(kind="change").exists()


def test_least_difference_that_stripe_takes_is_ordered(subscription: Subscription) -> None:
    order = change_now(subscription, make_plan(name="Larger", price=Decimal("10.40")), NOW + MINUTES, UNSEEN)
    assert order is not None
    assert order.amount == Decimal("0.50")


def test_difference_is_ordered_to_the_cent_where_another_takes_the_money(
    settings: LazySettings, subscription: Subscription, dearer: Plan
) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    assert quote(subscription, dearer, NOW + MINUTES).amount == Decimal("0.10")


def test_changing_there_and_back_each_hour_gains_no_time(subscription: Subscription, dearer: Plan) -> None:
    plans = [make_plan(name="Another", price=10), dearer]
    end = quote(subscription, dearer, NOW + HOUR).end
    for hour in range(1, 21):
        assert change_now(subscription, plans[hour % 2], NOW + hour * HOUR, UNSEEN) is None
        subscription.refresh_from_db()
        assert abs(subscription.end_date - end) <= hour * A_CENT / 2


def test_price_that_stripe_does_not_take_is_not_given_away() -> None:
    given = Service.create_subscription(make_user(), make_plan(), now=NOW)
    offer = quote(given, make_plan(name="Tiny", price=Decimal("0.30")), NOW + MINUTES)
    assert (offer.credit, offer.amount) == (Decimal(0), Decimal("0.30"))
