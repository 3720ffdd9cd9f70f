"""Recording of money: once, for one period, or as a surplus."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foundation.orm.append_only import AppendOnlyError
from payments.models import Order, Payment
from payments.orders.opening import open_first, void
from payments.received_money.recording import record_payment
from payments.signals import payment_processed
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import MONTH, NOW, has_access, make_overlap, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_money_for_a_first_order_begins_the_subscription_and_gives_access() -> None:
    order = first_order()
    assert not has_access(order.user)

    payment = record_payment(order, money(), now=NOW + DAY)

    subscription = Subscription.objects.get()
    assert (subscription.user, subscription.end_date) == (order.user, NOW + DAY + MONTH)
    assert has_access(order.user)
    assert (payment.subscription, payment.event, payment.surplus) == (
        subscription,
        SubscriptionEvent.objects.get(),
        False,
    )
    order.refresh_from_db()
    assert (order.state, order.finished_at, order.subscription) == ("paid", NOW + DAY, subscription)


def test_money_for_a_renewal_adds_one_period() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    record_payment(renewal_order(subscription), money(), now=NOW)
    subscription.refresh_from_db()
    assert subscription.end_date == NOW + 2 * MONTH


def test_the_same_transaction_is_recorded_once_however_often_it_is_reported() -> None:
    order = first_order()
    first = record_payment(order, money(transaction_id="t-1"), now=NOW)
    again = [record_payment(order, money(transaction_id="t-1"), now=NOW + DAY) for _report in range(3)]

    assert [payment.pk for payment in again] == [first.pk] * 3
    assert Payment.objects.count() == SubscriptionEvent.objects.count() == 1


def test_transaction_that_is_reported_for_another_order_too_stays_with_the_first() -> None:
    one, other = first_order(), first_order()
    first = record_payment(one, money(transaction_id="t-1"), now=NOW)
    assert record_payment(other, money(transaction_id="t-1"), now=NOW) == first
    other.refresh_from_db()
    assert (other.state, Subscription.objects.count()) == ("open", 1)


@pytest.mark.parametrize(("amount", "currency"), [("9.89", "EUR"), ("19.80", "EUR"), ("9.90", "CHF")])
def test_another_amount_or_currency_is_a_surplus_and_the_order_stays_open(amount: str, currency: str) -> None:
    order = first_order()
    payment = record_payment(order, money(amount, currency), now=NOW)
    order.refresh_from_db()
    assert (payment.surplus, payment.subscription, order.state) == (True, None, "open")
    assert not Subscription.objects.exists()


def test_second_payment_of_an_order_is_a_surplus() -> None:
    order = first_order()
    record_payment(order, money(), now=NOW)
    second = record_payment(order, money(), now=NOW)
    assert second.surplus
    assert Subscription.objects.get().end_date == NOW + MONTH


def test_money_for_a_void_order_is_a_surplus() -> None:
    order = void(first_order(), NOW)
    assert record_payment(order, money(), now=NOW).surplus
    assert not Subscription.objects.exists()


def test_order_holds_its_price_and_length_when_the_plan_changes_or_goes_off_sale() -> None:
    order = first_order(make_plan(duration_months=1))
    Plan.objects.filter(pk=order.plan_id).update(price="99.00", currency="CHF", duration_months=12, on_sale=False)

    record_payment(order, money(), now=NOW)

    event = SubscriptionEvent.objects.get()
    assert (event.price, event.currency, event.duration_months) == (Decimal("9.90"), "EUR", 1)
    assert Subscription.objects.get().end_date == NOW.replace(year=2027, month=1)
    assert Plan.objects.get().price == 99


def test_who_has_subscribed_meanwhile_gets_the_period_added() -> None:
    order = first_order()
    held = Service.create_subscription(order.user, order.plan, now=NOW)
    payment = record_payment(order, money(), now=NOW)
    held.refresh_from_db()
    assert (payment.subscription, held.end_date) == (held, NOW + 2 * MONTH)


def test_renewal_of_what_has_ended_goes_to_the_live_subscription_to_the_same_plan() -> None:
    ended = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(ended)
    Service.cancel_now(ended, now=NOW + DAY)
    live = Service.create_subscription(order.user, order.plan, now=NOW + DAY)
    payment = record_payment(order, money(), now=NOW + DAY)
    live.refresh_from_db()
    assert (payment.subscription, live.end_date) == (live, NOW + DAY + 2 * MONTH)


def test_renewal_of_what_has_ended_ends_the_one_that_is_due_and_not_yet_swept() -> None:
    ended = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(ended)
    Service.cancel_now(ended, now=NOW + DAY)
    due = Service.create_subscription(order.user, order.plan, now=NOW + DAY)
    now = due.end_date
    payment = record_payment(order, money(), now=now)
    due.refresh_from_db()
    assert (payment.subscription, due.status, due.expired_at) == (ended, "expired", now)
    assert has_access(order.user)


def test_renewal_beside_an_active_one_of_the_release_before_goes_to_that_one() -> None:
    cancelled = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(cancelled)
    Service.cancel_subscription(cancelled, now=NOW)
    Order.objects.filter(pk=order.pk).update(state=Order.State.OPEN, finished_at=None)
    active = make_overlap(cancelled)
    payment = record_payment(order, money(), now=NOW)
    assert payment.subscription == active
    assert Subscription.objects.filter(status="active").count() == 1


def test_money_that_arrives_after_the_end_begins_a_period_now() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(subscription)
    Service.sweep(now=NOW + MONTH)
    record_payment(order, money(), now=NOW + 2 * MONTH)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.end_date) == ("active", NOW + 3 * MONTH)


def test_period_that_cannot_be_given_is_a_surplus_and_money_is_not_refused() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = renewal_order(subscription)
    Subscription.objects.filter(pk=subscription.pk).update(end_date=NOW.replace(year=9999, day=31))
    payment = record_payment(order, money(), now=NOW)
    order.refresh_from_db()
    assert (payment.surplus, order.state) == (True, "open")
    assert SubscriptionEvent.objects.count() == 1


def test_money_is_not_refused_where_the_live_subscription_cannot_be_renewed_either() -> None:
    order = first_order()
    held = Service.create_subscription(order.user, order.plan, now=NOW)
    Subscription.objects.filter(pk=held.pk).update(end_date=NOW.replace(year=9999, day=31))
    payment = record_payment(order, money(), now=NOW)
    order.refresh_from_db()
    assert (payment.surplus, order.state, Payment.objects.count()) == (True, "open", 1)


@pytest.mark.django_db(transaction=True)
def test_signal_tells_of_a_period_that_was_paid_after_the_commit_and_of_no_surplus() -> None:
    told: list[dict[str, Any]] = []

    def record(sender: type, order: Order, transaction_id: str, amount: Decimal, **kwargs: Any) -> None:
        told.append({"order": order, "transaction_id": transaction_id, "amount": amount} | kwargs)

    def fail(**kwargs: Any) -> None:
        raise RuntimeError

    payment_processed.connect(record)
    payment_processed.connect(fail)
    try:
        order = first_order()
        with transaction.atomic():
            payment = record_payment(order, money(transaction_id="t-1"), now=NOW)
            assert told == []
        record_payment(order, money(transaction_id="t-2"), now=NOW)
    finally:
        payment_processed.disconnect(record)
        payment_processed.disconnect(fail)

    (call,) = told
    assert (call["order"], call["transaction_id"], call["amount"]) == (order, "t-1", Decimal("9.90"))
    assert (call["subscription"], call["currency"], call["payment"]) == (payment.subscription, "EUR", payment)


def test_payment_is_neither_changed_nor_deleted() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    for change in (payment.save, payment.delete, Payment.objects.all().delete):
        with pytest.raises(AppendOnlyError, match="Payment is append-only"):
            change()
    with pytest.raises(AppendOnlyError):
        Payment.objects.update(surplus=True)


@pytest.mark.parametrize("terms", [{"amount": "9.905"}, {"amount": "-1"}, {"amount": "0"}, {"state": "paid"}])
def test_database_refuses_an_order_that_cannot_be(terms: dict[str, str]) -> None:
    order = first_order()
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**terms)


def test_currency_without_decimals_is_paid_in_whole_units() -> None:
    order = open_first(make_user(), make_plan(price=Decimal(500), currency="JPY"), NOW, UNSEEN)
    assert not record_payment(order, money("500", "JPY"), now=NOW).surplus
