"""Orders whose money becomes a surplus while they are to be closed: they end, and nothing waits for them."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from payments.charging.closing import to_close
from payments.hosted_page import begin
from payments.models import Order, OrderState, Payment, Renewal
from payments.orders.consents import Consent
from payments.orders.opening import withdraw
from payments.plan_changes.change_orders import change_now
from payments.providers.interface import Outcome, OutcomeKind
from payments.received_money.settling import settle
from payments.renewal.automatic_renewal import turn_off
from subscriptions.models import Plan, Subscription
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import DAY, END, charge, renewing
from tests.payments.opened_orders import first_order, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

MINUTE = timedelta(minutes=1)
CHANGED = END - 1.5 * DAY
"""Before renewal orders open by themselves."""


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


def debited(order: Order, provider: LedgerProvider, now: datetime) -> Order:
    """Return the order after its subscriber has paid on the page by a debit, which takes days to arrive."""
    begin(order, provider, Consent("", renews=False), "", now)
    settle(order, Outcome(OutcomeKind.PENDING), now)
    return order


def changing(subscription: Subscription, plan: Plan, now: datetime) -> Order:
    order = change_now(subscription, plan, now, UNSEEN)
    assert order is not None
    return order


def assert_void(order: Order, provider: LedgerProvider) -> None:
    order.refresh_from_db()
    assert (order.state, order.due_at) == (OrderState.VOID, None)
    assert not to_close(provider.name).exists()
    assert [payment.surplus for payment in Payment.objects.filter(order=order)] == [True]


@pytest.mark.parametrize("told_first", [True, False])
def test_change_that_was_paid_after_the_renewal_is_void_and_can_be_ordered_again(
    provider: LedgerProvider, yearly: Plan, *, told_first: bool
) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = debited(changing(subscription, yearly, END - 5 * DAY), provider, END - 5 * DAY)
    Service.renew_subscription(subscription, now=END - DAY)
    provider.pay_page(order.reference)
    if told_first:  # by the provider's message
        settle(order, provider.ask(order.reference), END + 2 * DAY)
    charge(provider, END + 2 * DAY)
    charge(provider, END + 2 * DAY + MINUTE)
    assert_void(order, provider)
    assert changing(subscription, yearly, END + 3 * DAY) != order


def test_change_whose_debit_arrives_after_its_plan_was_bought_otherwise_is_void(
    provider: LedgerProvider, yearly: Plan
) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    order = debited(changing(subscription, yearly, END - DAY), provider, END - DAY)
    Service.sweep(now=END)
    Service.create_subscription(subscription.user, yearly, now=END + DAY)
    provider.pay_page(order.reference)
    charge(provider, END + 5 * DAY)
    charge(provider, END + 5 * DAY + MINUTE)
    assert_void(order, provider)


def changed_while_debited(provider: LedgerProvider, plan: Plan) -> Order:
    """Return a renewal order that is paid by a debit while an operator changes the plan at once."""
    subscription = renewing()
    order = debited(renewal_order(subscription, CHANGED), provider, CHANGED)
    change_plan(subscription, plan, "now", now=CHANGED, actor=make_user())
    return order


def test_renewal_that_was_paid_for_the_old_plan_gives_way_to_one_of_the_new_plan(
    provider: LedgerProvider, yearly: Plan
) -> None:
    order = changed_while_debited(provider, yearly)
    provider.pay_page(order.reference)
    charge(provider, END - DAY)
    charge(provider, END - DAY + MINUTE)
    assert_void(order, provider)
    charge(provider, END - timedelta(hours=1))
    renewed = Order.objects.exclude(pk=order.pk).get()
    assert (renewed.plan, renewed.state) == (yearly, OrderState.PAID)
    assert Subscription.objects.get().is_live(END + 300 * DAY)


def test_grace_that_was_kept_for_the_debit_ends_if_nothing_renews_any_more(
    provider: LedgerProvider, yearly: Plan
) -> None:
    order = changed_while_debited(provider, yearly)
    turn_off(Renewal.objects.get(), END)
    assert Subscription.objects.get().is_live(END)
    provider.pay_page(order.reference)
    charge(provider, END + DAY)
    assert not Subscription.objects.get().is_live(END + DAY)


def test_deactivated_user_whose_debit_failed_has_a_last_chance_before_the_shortened_access_ends(
    provider: LedgerProvider,
) -> None:
    subscription = renewing()
    order = debited(renewal_order(subscription, CHANGED), provider, CHANGED)
    User.objects.update(is_active=False)
    provider.close(order.reference)
    charge(provider, END + 8 * DAY)
    subscription.refresh_from_db()
    order.refresh_from_db()
    assert subscription.grace_until == END + 9 * DAY
    assert order.due_at == subscription.grace_until - timedelta(hours=1)


def test_order_of_another_amount_waits_for_an_operator_who_makes_it_void(
    provider: LedgerProvider,
) -> None:
    operator = make_user(username="clerk")
    order = debited(first_order(), provider, NOW)
    provider.pay_page(order.reference)
    Order.objects.update(amount=5, due_at=NOW)
    charge(provider)
    order.refresh_from_db()
    assert order.state == OrderState.NEEDS_SUBSCRIBER
    withdraw(order, END, operator)
    charge(provider, END)
    charge(provider, END + MINUTE)
    assert_void(order, provider)
    assert order.voided_by == operator
