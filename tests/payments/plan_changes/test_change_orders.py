"""Changes of plan that are paid: the difference, the period that it gives, and what a refund leaves of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.models import Order, Payment, Refund, Renewal
from payments.orders.opening import void
from payments.plan_changes.change_orders import change_now
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.requests import request_refund
from payments.refunds.withdrawal import returned_amount, withdraw
from payments.renewal.automatic_renewal import Price, price_of, renewal_of, turn_on
from subscriptions.errors import (
    AlreadySubscribed,
    ChangedMeanwhile,
    ChangeOrdered,
    CurrencyDiffers,
    FreePlanAtOnce,
    IllegalTransition,
    PlanNotOnSale,
    PlanUnchanged,
)
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.periods import period_of, with_period
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN, Terms
from tests.payments.charging.renewal_orders import agree, make_method
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
END = NOW + MONTH
HALF = NOW + MONTH / 2
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def _payments_are_on(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


def through_stripe(amount: str) -> MoneyReceived:
    return MoneyReceived("stripe", f"pi_{amount}", Decimal(amount), "EUR", HALF)


def ordered(subscription: Subscription, plan: Plan, now: object = HALF) -> Order:
    order = change_now(subscription, plan, now, UNSEEN)  # type: ignore[arg-type]
    assert order is not None
    return order


def debited(subscription: Subscription, plan: Plan) -> Order:
    """Return the order of a change that a debit is to pay, with automatic renewal ticked."""
    order = ordered(subscription, plan)
    Order.objects.filter(pk=order.pk).update(state="pending", reference="r-1", way="page", renews=True)
    order.refresh_from_db()
    return order


def paid_change(subscription: Subscription, plan: Plan, now: object = HALF) -> Payment:
    order = ordered(subscription, plan, now)
    return record_payment(order, money(str(order.amount), order.currency), now=now)  # type: ignore[arg-type]


def test_difference_is_ordered_and_nothing_changes_before_it_is_paid(subscription: Subscription, yearly: Plan) -> None:
    order = ordered(subscription, yearly)
    assert (order.kind, order.amount, order.credit) == ("change", Decimal("94.05"), Decimal("4.95"))
    assert (order.plan, order.period_start, order.opened_at) == (yearly, END, HALF)
    assert Subscription.objects.get().plan.name == "Monthly"
    assert SubscriptionEvent.objects.count() == 1


def test_payment_changes_the_plan_and_begins_its_period(subscription: Subscription, yearly: Plan) -> None:
    payment = paid_change(subscription, yearly)

    stored, event = Subscription.objects.get(), SubscriptionEvent.objects.latest("pk")
    assert not payment.surplus
    assert (stored.plan, stored.end_date, stored.status) == (yearly, HALF + YEAR, "active")
    assert (payment.event, payment.subscription) == (event, stored)
    assert (event.transition, event.plan, event.old_plan) == ("changed", yearly, subscription.plan)
    assert (event.old_end_date, event.new_end_date, event.price) == (HALF, HALF + YEAR, Decimal(99))
    period = period_of(with_period(Subscription.objects.all(), HALF).get())
    assert period is not None
    assert (period.price, period.duration_days) == (Decimal(99), 365)


def test_the_same_transaction_changes_the_plan_once(subscription: Subscription, yearly: Plan) -> None:
    order = ordered(subscription, yearly)
    first = record_payment(order, money("94.05", transaction_id="t-1"), now=HALF)
    assert record_payment(order, money("94.05", transaction_id="t-1"), now=HALF) == first
    assert record_payment(order, money("94.05", transaction_id="t-2"), now=HALF).surplus
    assert SubscriptionEvent.objects.filter(transition="changed").count() == 1
    assert Subscription.objects.get().end_date == HALF + YEAR


def test_waiting_with_the_payment_gains_no_time(subscription: Subscription, yearly: Plan) -> None:
    order = ordered(subscription, yearly)
    record_payment(order, money("94.05"), now=END - DAY)
    assert Subscription.objects.get().end_date == HALF + YEAR


def test_money_that_arrives_after_the_old_end_still_changes_the_plan(subscription: Subscription, yearly: Plan) -> None:
    order = debited(subscription, yearly)
    Service.sweep(now=END)
    assert not record_payment(order, money("94.05"), now=END + DAY).surplus
    stored = Subscription.objects.get()
    assert (stored.status, stored.end_date, stored.expired_at) == ("active", HALF + YEAR, None)
    assert Renewal.objects.values_list("auto_renew", "amount").get() == (True, Decimal(99))


def test_change_whose_debit_arrives_after_somebody_ended_the_late_subscription_renews_nothing(
    subscription: Subscription, yearly: Plan
) -> None:
    order = debited(subscription, yearly)
    Service.grant_grace(subscription, END + 7 * DAY, now=HALF)
    Service.cancel_subscription(subscription, now=END + DAY, actor=subscription.user)
    record_payment(order, money("94.05"), now=END + 2 * DAY)
    assert not Renewal.objects.filter(auto_renew=True).exists()


def test_unpaid_time_has_no_value(yearly: Plan) -> None:
    given = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Service.give_days(given, 30, now=NOW)
    assert ordered(given, yearly).amount == 99


def test_periods_that_were_bought_ahead_are_credited(subscription: Subscription, yearly: Plan) -> None:
    record_payment(renewal_order(subscription), money(), now=NOW)
    assert ordered(subscription, yearly).credit == Decimal("14.85")


def test_period_that_was_cut_off_by_staff_is_credited_no_more(subscription: Subscription, yearly: Plan) -> None:
    Service.cancel_now(subscription, now=NOW + DAY)
    record_payment(renewal_order(subscription, NOW + 2 * DAY), money(), now=NOW + 2 * DAY)
    assert ordered(subscription, yearly, NOW + 2 * DAY).credit == Decimal("9.90")


def test_credit_without_anything_left_to_pay_becomes_time(subscription: Subscription, yearly: Plan) -> None:
    monthly = subscription.plan
    paid_change(subscription, yearly)
    assert change_now(subscription, monthly, HALF + YEAR / 2, UNSEEN) is None
    event = SubscriptionEvent.objects.latest("pk")
    # Half of 99.00 EUR at 9.90 EUR for 30 days.
    assert (event.price, event.new_end_date) == (Decimal("49.50"), HALF + YEAR / 2 + 5 * MONTH)
    assert Subscription.objects.get().plan == monthly
    assert Order.objects.filter(kind="change").count() == 1


def test_value_survives_changing_to_and_fro(subscription: Subscription, yearly: Plan) -> None:
    monthly = subscription.plan
    paid_change(subscription, yearly)
    change_now(subscription, monthly, HALF, UNSEEN)
    assert change_now(subscription, yearly, HALF, UNSEEN) is None
    assert Subscription.objects.get().end_date == HALF + YEAR


def test_refund_leaves_only_the_rest_to_credit(subscription: Subscription, yearly: Plan) -> None:
    paid = Payment.objects.get()
    request_refund(paid, Decimal("2.00"), "", ends_now=False, now=NOW, actor=None)
    assert ordered(subscription, yearly).credit == Decimal("2.95")


def test_refund_of_an_earlier_payment_is_deducted_from_the_value_that_it_moved(
    subscription: Subscription, yearly: Plan
) -> None:
    first = Payment.objects.get()
    paid_change(subscription, yearly)
    request_refund(first, Decimal("9.90"), "", ends_now=False, now=HALF + DAY, actor=None)
    order = ordered(subscription, make_plan(name="Larger", price=990), HALF + YEAR / 2)
    assert order.credit == Decimal("49.50") - Decimal("9.90")


def test_refund_makes_the_open_order_of_a_change_void(subscription: Subscription, yearly: Plan) -> None:
    order = ordered(subscription, yearly)
    request_refund(Payment.objects.get(), Decimal("9.90"), "", ends_now=False, now=HALF, actor=None)
    order.refresh_from_db()
    assert order.state == "void"


def test_money_for_a_change_whose_credit_went_back_meanwhile_is_a_surplus(
    subscription: Subscription, yearly: Plan
) -> None:
    order = ordered(subscription, yearly)
    Order.objects.filter(pk=order.pk).update(reference="r-1", way="page")
    request_refund(Payment.objects.get(), Decimal("9.90"), "", ends_now=False, now=HALF, actor=None)
    assert record_payment(order, money("94.05"), now=HALF).surplus
    assert Subscription.objects.get().plan.name == "Monthly"


@pytest.mark.parametrize(
    "act",
    [
        lambda held, plan: Service.cancel_subscription(held, now=HALF),
        lambda held, plan: Service.give_days(held, 5, now=HALF),
        lambda held, plan: Service.renew_subscription(held, now=HALF),
        lambda held, plan: change_plan(held, plan, "now", now=HALF),
    ],
    ids=["cancelled", "days", "renewed", "changed"],
)
def test_order_of_a_change_ends_with_any_other_move(subscription: Subscription, yearly: Plan, act: object) -> None:
    order = ordered(subscription, yearly)
    act(subscription, make_plan(name="Third"))  # type: ignore[operator]
    order.refresh_from_db()
    assert order.state == "void"
    assert record_payment(order, money("94.05"), now=HALF).surplus


def test_change_is_ordered_anew_at_each_instant_until_its_page_is_open(
    subscription: Subscription, yearly: Plan
) -> None:
    first = ordered(subscription, yearly)
    second = ordered(subscription, yearly, HALF + DAY)
    first.refresh_from_db()
    assert (first.state, second.credit) == ("void", Decimal("4.62"))
    Order.objects.filter(pk=second.pk).update(reference="r-1")
    assert ordered(subscription, yearly, HALF + 2 * DAY) == second
    with pytest.raises(ChangeOrdered):
        change_now(subscription, make_plan(name="Third"), HALF + 2 * DAY, UNSEEN)


def test_new_price_is_agreed_to_with_the_order_and_not_otherwise(subscription: Subscription, yearly: Plan) -> None:
    agree(subscription, make_method(subscription.user))
    order = ordered(subscription, yearly)
    order.renews, order.consented_at = True, HALF
    order.save()
    record_payment(order, money("94.05"), now=HALF)
    renewal = Renewal.objects.get()
    assert (renewal.amount, renewal.auto_renew) == (Decimal(99), True)


def test_renewal_that_is_not_wanted_after_the_change_is_off(
    subscription: Subscription, yearly: Plan, settings: LazySettings
) -> None:
    agree(subscription, make_method(subscription.user))
    order = ordered(subscription, yearly)
    order.consented_at, order.way = HALF, Order.Way.PAGE
    order.save()
    record_payment(order, money("94.05"), now=HALF)
    renewal = Renewal.objects.get()
    assert (renewal.amount, renewal.length, renewal.auto_renew) == (Decimal(99), (365, 0), False)

    stored = Subscription.objects.get()
    shown = price_of(stored, renewal_of(stored))
    assert shown == Price(Decimal(99), "EUR")
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    assert turn_on(stored, shown, "", HALF + DAY).charge == Decimal(99)


@pytest.mark.parametrize("renews", [True, False])
def test_change_from_a_free_plan_into_another_currency_begins_the_period_that_was_paid(
    subscription: Subscription, *, renews: bool
) -> None:
    agree(subscription, make_method(subscription.user))
    change_plan(subscription, make_plan(name="Free", price=0), "now", now=NOW)
    Service.give_days(subscription, 1, now=NOW)
    order = ordered(subscription, make_plan(name="Swiss", price=20, currency="CHF"), END + DAY / 2)
    Order.objects.update(renews=renews, consented_at=HALF, way=Order.Way.PAGE)
    payment = record_payment(order, money("20.00", "CHF"), now=END + DAY / 2)

    assert not payment.surplus
    assert Subscription.objects.get().plan.name == "Swiss"
    renewal = Renewal.objects.get()
    assert (renewal.amount, renewal.currency, renewal.auto_renew) == (Decimal(20), "CHF", renews)


def test_credit_that_becomes_months_ends_on_the_day_on_which_they_begin() -> None:
    begin = datetime(2027, 1, 31, 3, 0, tzinfo=UTC)
    order = first_order(make_plan(name="Large", price=30), now=begin)
    held = record_payment(order, money("30.00"), now=begin).subscription
    assert held is not None
    assert change_now(held, make_plan(name="Small", price=10, duration_months=1), begin, UNSEEN) is None
    stored = Subscription.objects.get()
    assert (stored.end_date, stored.anchor_day) == (datetime(2027, 4, 30, 3, 0, tzinfo=UTC), 31)


def test_withdrawing_from_a_change_gives_back_what_is_unused_of_both_payments_and_no_more(yearly: Plan) -> None:
    begun = record_payment(first_order(), through_stripe("9.90"), now=NOW)
    assert begun.subscription is not None
    order = ordered(begun.subscription, yearly)
    Order.objects.update(consented_at=NOW, way=Order.Way.PAGE)
    order.refresh_from_db()
    change = record_payment(order, through_stripe("94.05"), now=HALF)
    change.refresh_from_db()

    begun.refresh_from_db()
    assert begun.withdrawal_until(HALF + DAY) is None
    assert change.withdrawal_until(HALF + DAY) is not None
    assert returned_amount(change, HALF) == Decimal("99.00")
    withdraw(change, HALF + YEAR / 100)
    asked = dict(Refund.objects.values_list("payment", "amount"))
    assert asked == {change.pk: Decimal("94.05"), begun.pk: Decimal("3.96")}  # 99 hundredths of 99.00


def test_withdrawing_from_a_change_deducts_what_went_back_of_the_payment_that_it_credits(yearly: Plan) -> None:
    begun = record_payment(first_order(), through_stripe("9.90"), now=NOW)
    assert begun.subscription is not None
    change = record_payment(ordered(begun.subscription, yearly), through_stripe("94.05"), now=HALF)
    begun.refresh_from_db()
    request_refund(begun, Decimal("4.00"), "a wish", ends_now=False, now=HALF + DAY, actor=None)
    assert returned_amount(change, HALF + DAY) == Decimal("95.00")


def test_first_payment_can_no_longer_be_withdrawn_from_after_a_change(subscription: Subscription, yearly: Plan) -> None:
    change = paid_change(subscription, yearly, NOW + DAY)
    assert [payment.withdrawal_until(NOW + DAY) for payment in Payment.objects.all()] == [None, None]
    assert sum(payment.amount for payment in Payment.objects.all()) == change.amount + Decimal("9.90")


def refused(subscription: Subscription, plan: Plan, error: type[Exception], now: object = HALF) -> None:
    with pytest.raises(error):
        change_now(subscription, plan, now, UNSEEN)  # type: ignore[arg-type]
    assert not Order.objects.filter(kind="change").exists()


def test_impossible_changes_are_refused(subscription: Subscription, yearly: Plan) -> None:
    refused(subscription, subscription.plan, PlanUnchanged)
    refused(subscription, make_plan(on_sale=False), PlanNotOnSale)
    refused(subscription, make_plan(currency="JPY", price=990), CurrencyDiffers)
    refused(subscription, make_plan(price=0), FreePlanAtOnce)
    refused(subscription, yearly, IllegalTransition, END)
    with pytest.raises(ChangedMeanwhile):
        change_now(subscription, yearly, HALF, Terms(price=Decimal(98)))
    other = Service.create_subscription(subscription.user, yearly, now=NOW)
    refused(subscription, yearly, AlreadySubscribed)
    Service.cancel_now(other, now=HALF)
    Service.cancel_subscription(subscription, now=HALF)
    refused(subscription, yearly, IllegalTransition)


def test_void_order_of_a_change_changes_nothing(subscription: Subscription, yearly: Plan) -> None:
    void(ordered(subscription, yearly), HALF)
    stored = Subscription.objects.get()
    assert (stored.plan.name, stored.end_date) == ("Monthly", END)
