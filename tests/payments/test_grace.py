"""Grace period: it ends with the collection that it was granted for."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from payments.automatic_renewal import turn_off
from payments.models import Order, OrderState, Renewal
from payments.orders import withdraw
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DAY, DUE, END, charge, due_order
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

Stop = Callable[[Order, datetime], object]

LATE = END + DAY
GRACE = END + 7 * DAY


@pytest.fixture(autouse=True)
def _payments_are_on(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = LedgerProvider.name


def turn_renewal_off(order: Order, now: datetime) -> None:
    turn_off(Renewal.objects.select_related("subscription").get(), now)


def swept(now: datetime) -> Subscription:
    """Sweep, and return the subscription."""
    Service.sweep(now=now)
    return Subscription.objects.get()


@pytest.mark.parametrize("stop", [turn_renewal_off, withdraw])
def test_who_renews_no_more_keeps_access_until_the_paid_time_is_over(provider: LedgerProvider, stop: Stop) -> None:
    order = due_order("declined")
    charge(provider)
    stop(order, DUE)
    assert swept(END - timedelta(microseconds=1)).status == Subscription.Status.ACTIVE
    assert swept(END).status == Subscription.Status.EXPIRED


@pytest.mark.parametrize("stop", [turn_renewal_off, withdraw])
def test_who_is_late_and_renews_no_more_has_no_access_any_more(provider: LedgerProvider, stop: Stop) -> None:
    order = due_order("declined")
    charge(provider)
    assert swept(LATE).is_late(LATE)
    stop(order, LATE)
    assert swept(LATE).status == Subscription.Status.EXPIRED
    assert charge(provider, LATE + DAY)["succeeded"] == 0


def test_money_on_its_way_keeps_the_grace_period_of_who_turned_renewal_off(provider: LedgerProvider) -> None:
    order = due_order("sepa")
    charge(provider)
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    turn_renewal_off(order, LATE)
    assert swept(LATE).is_live(LATE)


def test_period_that_expired_in_its_grace_still_says_so(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    assert swept(GRACE).status == Subscription.Status.EXPIRED
    turn_renewal_off(order, GRACE)
    assert Subscription.objects.get().grace_until == GRACE


def test_who_turns_renewal_on_again_before_the_end_gets_the_grace_period_again(provider: LedgerProvider) -> None:
    turn_renewal_off(due_order("declined"), DUE)
    assert Subscription.objects.get().grace_until is None
    Renewal.objects.update(auto_renew=True)
    charge(provider, DUE + timedelta(hours=1))
    subscription = Subscription.objects.get()
    assert (subscription.grace_until, Order.objects.unfinished().count()) == (GRACE, 1)
