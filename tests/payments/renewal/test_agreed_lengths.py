"""Agreements whose plan was given another length since: neither money nor an order for that one changes them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.charging.renewal_orders import open_orders
from payments.models import Order, OrderState, Renewal
from payments.orders.consents import Consent, store_consent
from payments.received_money.recording import record_payment
from payments.renewal.agreements import charge_after
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DUE, END, agree, make_method
from tests.payments.opened_orders import money, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

AGREED = Decimal("9.90")


@pytest.fixture
def held(settings: LazySettings) -> Subscription:
    """Return a subscription that renews for 9.90 and 30 days."""
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    renewal = agree(subscription, make_method(subscription.user))
    plan = subscription.plan
    Renewal.objects.filter(pk=renewal.pk).update(duration_days=plan.duration_days, duration_months=0)
    return subscription


def pay_by_hand(held: Subscription) -> str:
    """Pay a period on the plan's present terms; return what the page states for the ones after it."""
    order = renewal_order(held, NOW)
    stated = charge_after(order, NOW)
    store_consent(order, Consent("", renews=True), NOW)
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, provider="stripe", reference=f"cs_{order.pk}")
    record_payment(order, money(str(order.amount)), now=NOW)
    return stated


def test_shorter_period_that_is_paid_by_hand_lowers_no_charge_for_the_longer_one(held: Subscription) -> None:
    Plan.objects.update(price="3.00", duration_days=7)
    assert pay_by_hand(held) == "9.90 EUR"
    renewal = Renewal.objects.get()
    assert (renewal.charge, renewal.duration_days) == (AGREED, 30)


def test_same_period_that_is_paid_by_hand_for_less_lowers_the_charge(held: Subscription) -> None:
    Plan.objects.update(price="3.00")
    assert pay_by_hand(held) == "3.00 EUR"
    assert Renewal.objects.get().charge == Decimal("3.00")


def test_order_for_another_length_at_the_same_price_is_replaced(held: Subscription) -> None:
    Plan.objects.update(duration_days=7)
    by_hand = renewal_order(held, NOW)
    assert (by_hand.amount, by_hand.duration_days) == (AGREED, 7)
    open_orders(LedgerProvider.name, DUE, lambda: timedelta(minutes=1))
    assert Order.objects.get(pk=by_hand.pk).state == OrderState.VOID
    order = Order.objects.latest("pk")
    assert (order.state, order.amount, order.duration_days, order.period_start) == ("open", AGREED, 30, END)
