"""Opening and voiding of orders."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.erasure import erase_user
from payments.errors import OrderFinished, UnknownOrder
from payments.models import Order
from payments.orders.opening import open_first, open_renewal, void
from payments.plan_changes.change_orders import change_now
from payments.received_money.recording import record_payment
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile, PlanNotOnSale, UnknownUser
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN, Purchase, Terms
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_order_has_the_terms_of_its_plan() -> None:
    order = first_order(make_plan(duration_months=1))
    assert (str(order.amount), order.currency, order.duration_days, order.duration_months) == ("9.90", "EUR", 30, 1)
    assert (order.kind, order.state, order.opened_at) == ("first", "open", NOW)


def test_asking_again_returns_the_order_that_is_open() -> None:
    order = first_order()
    assert open_first(order.user, order.plan, NOW + DAY, UNSEEN) == order


def test_asking_again_on_new_terms_voids_the_order_and_opens_another() -> None:
    order = first_order()
    Plan.objects.filter(pk=order.plan_id).update(price="12.00")
    another = open_first(order.user, order.plan, NOW + DAY, UNSEEN)
    order.refresh_from_db()
    assert (order.state, order.finished_at, another.amount) == ("void", NOW + DAY, Decimal(12))


def test_terms_that_differ_from_those_shown_open_nothing() -> None:
    plan = make_plan()
    shown = Terms.of(plan=plan)
    Plan.objects.filter(pk=plan.pk).update(price="12.00")
    with pytest.raises(ChangedMeanwhile):
        open_first(make_user(), plan, NOW, shown)
    assert not Order.objects.exists()


def test_plan_that_is_not_on_sale_or_held_already_is_refused() -> None:
    with pytest.raises(PlanNotOnSale):
        first_order(make_plan(on_sale=False))
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    with pytest.raises(AlreadySubscribed) as refused:
        open_first(held.user, held.plan, NOW, UNSEEN)
    assert refused.value.subscription_id == held.pk


def test_one_order_for_each_period_of_a_subscription() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(subscription)
    assert renewal_order(subscription) == order
    record_payment(order, money(), now=NOW)
    following = renewal_order(subscription)
    assert following != order
    assert (order.period_start, following.period_start) == (NOW + MONTH, subscription.end_date)


def test_renewal_order_on_new_terms_replaces_the_open_one() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(subscription)
    Plan.objects.filter(pk=subscription.plan_id).update(price="12.00")
    assert open_renewal(subscription, NOW, UNSEEN).amount == 12
    order.refresh_from_db()
    assert order.state == "void"


def test_void_order_stays_void_and_a_paid_one_is_not_voided() -> None:
    order = void(first_order(), NOW)
    assert void(order, NOW + DAY).finished_at == NOW
    paid = first_order()
    record_payment(paid, money(), now=NOW)
    with pytest.raises(OrderFinished):
        void(paid, NOW)


def test_order_that_is_gone_is_unknown() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).delete()
    with pytest.raises(UnknownOrder):
        void(order, NOW)


def test_nothing_is_ordered_for_an_erased_user() -> None:
    plan, user = make_plan(), make_user()
    erase_user(user.pk, NOW)
    with pytest.raises(UnknownUser, match="was erased"):
        open_first(user, plan, NOW, UNSEEN)
    held = Service.create_subscription(user, plan, now=NOW, bought=Purchase.of(plan))
    with pytest.raises(UnknownUser, match="was erased"):
        open_renewal(held, NOW, UNSEEN)
    with pytest.raises(UnknownUser, match="was erased"):
        change_now(held, make_plan(name="Yearly", price=99), NOW, UNSEEN)
    assert not Order.objects.exists()


def test_money_for_an_order_of_a_user_who_was_erased_still_counts() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(provider="bank", reference="pi_1", way="page")  # its page is open
    erase_user(order.user_id, NOW)
    order.refresh_from_db()
    payment = record_payment(order, money(), now=NOW + DAY)
    assert (payment.surplus, order.state) == (False, "paid")
