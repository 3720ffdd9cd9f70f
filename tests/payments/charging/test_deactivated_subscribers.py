"""Subscribers who are deactivated: nothing is charged until they are active again."""

from datetime import timedelta

import pytest

from accounts.models import User
from payments.charging.renewal_orders import next_opening
from payments.models import Order, OrderState
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import (
    DAY,
    DUE,
    END,
    charge,
    open_at,
    renewing,
)
from tests.support.factories import NOW
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def test_deactivated_user_is_not_charged_until_they_are_active_again(provider: LedgerProvider) -> None:
    subscription = renewing()
    User.objects.update(is_active=False)
    assert next_opening(provider.name, NOW) is None
    charge(provider, DUE)
    assert not Order.objects.exists()
    subscription.refresh_from_db()
    assert subscription.grace_until is None
    User.objects.update(is_active=True)
    assert next_opening(provider.name, NOW) == DUE
    charge(provider, DUE)
    charge(provider, END - SECOND)
    assert len(provider.successes()) == 1


@pytest.mark.parametrize("is_prepared", [False, True])
def test_user_who_is_deactivated_after_the_order_opened_is_not_charged(
    provider: LedgerProvider, is_prepared: bool
) -> None:
    subscription = renewing()
    open_at(DUE)
    if is_prepared:
        order = Order.objects.get()
        order.reference = provider.prepare(order, subscription.user.payment_methods.get(), 1)
        order.save()
    User.objects.update(is_active=False)
    charge(provider, END - SECOND)
    assert provider.successes() == []
    order = Order.objects.get()
    assert (order.state, order.reference, order.attempts) == (OrderState.OPEN, "", 0)
    User.objects.update(is_active=True)
    charge(provider, END + DAY)
    assert len(provider.successes()) == 1


def test_user_who_is_active_again_after_the_last_planned_try_is_charged_before_access_ends(
    provider: LedgerProvider,
) -> None:
    subscription = renewing()
    Plan.objects.update(grace_days=1)
    open_at(DUE)
    User.objects.update(is_active=False)
    subscription.refresh_from_db()
    assert subscription.grace_until is not None
    for before in (DAY, 3 * HOUR, 2 * HOUR):
        charge(provider, subscription.grace_until - before)
    assert Order.objects.get().due_at == subscription.grace_until - HOUR
    User.objects.update(is_active=True)
    charge(provider, subscription.grace_until - HOUR)
    assert len(provider.successes()) == 1


def test_user_who_stays_deactivated_is_not_charged_and_loses_access_with_the_grace_period(
    provider: LedgerProvider,
) -> None:
    subscription = renewing()
    open_at(DUE)
    User.objects.update(is_active=False)
    for hours in range(0, 8 * 24, 6):
        charge(provider, END + hours * HOUR)
    assert Order.objects.get().due_at is None
    Service.sweep(now=END + 8 * DAY)
    subscription.refresh_from_db()
    assert subscription.status == Subscription.Status.EXPIRED
    assert (Order.objects.get().state, provider.calls()) == (OrderState.VOID, [])


def test_order_that_only_a_deactivated_subscriber_can_pay_waits_for_them(provider: LedgerProvider) -> None:
    renewing("lost")
    open_at(DUE)
    charge(provider, END - SECOND)
    User.objects.update(is_active=False)
    Order.objects.update(due_at=END)
    charge(provider, END)
    order = Order.objects.get()
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
