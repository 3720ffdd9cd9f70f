"""Renewal orders that their subscribers open long before the end: paid by hand at any time, charged a day before it."""

from datetime import timedelta

import pytest

from payments import hosted_page
from payments.facts import apply
from payments.models import Order, OrderState, Renewal
from payments.orders.consents import Consent
from payments.providers.interface import Fact, FactKind
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService
from tests.payments.charging.renewal_orders import DAY, DUE, END, agree, charge, make_method
from tests.payments.opened_orders import renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

EARLY = END - 20 * DAY
HOUR = timedelta(hours=1)


def abandoned_page(provider: LedgerProvider) -> Order:
    """Open a renewal order and its page 20 days before the end, and let the page expire."""
    subscription = SubscriptionService.create_subscription(make_user(), make_plan(), now=NOW)
    agree(subscription, make_method(subscription.user))
    order = renewal_order(subscription, EARLY)
    page = hosted_page.begin(order, provider, Consent("", renews=False), "https://example.com", EARLY)
    assert provider.cancel(page.reference)
    return order


def tell_of_the_end(order: Order) -> None:
    order.refresh_from_db()
    apply(LedgerProvider.name, Fact(FactKind.CLOSED, EARLY + DAY, reference=order.reference), EARLY + DAY)


def charge_hourly(provider: LedgerProvider, first: int, last: int) -> None:
    """Run the charger at these hours after the order was opened."""
    for hours in range(first, last):
        charge(provider, EARLY + hours * HOUR)


def test_order_whose_page_expires_is_charged_no_earlier_than_any_other(provider: LedgerProvider) -> None:
    order = abandoned_page(provider)
    tell_of_the_end(order)
    charge_hourly(provider, 24, 30)
    order.refresh_from_db()
    assert provider.successes() == []
    assert (order.state, order.due_at, order.reference) == (OrderState.OPEN, None, "")
    charge(provider, DUE - timedelta(seconds=1))
    assert provider.successes() == []
    charge_hourly(provider, 19 * 24, 20 * 24)
    assert [charged for charged, _reference in provider.successes()] == [order.pk]
    assert Subscription.objects.get().end_date == END + MONTH


def test_order_whose_page_expires_renews_where_renewal_is_turned_on_later(provider: LedgerProvider) -> None:
    order = abandoned_page(provider)
    Renewal.objects.update(auto_renew=False)
    tell_of_the_end(order)
    charge_hourly(provider, 24, 30)
    Renewal.objects.update(auto_renew=True)
    charge_hourly(provider, 19 * 24, 20 * 24)
    assert [charged for charged, _reference in provider.successes()] == [order.pk]


def test_page_that_is_asked_about_is_not_closed_and_charged_early(provider: LedgerProvider) -> None:
    subscription = SubscriptionService.create_subscription(make_user(), make_plan(), now=NOW)
    agree(subscription, make_method(subscription.user))
    order = renewal_order(subscription, EARLY)
    page = hosted_page.begin(order, provider, Consent("", renews=False), "https://example.com", EARLY)
    Order.objects.update(due_at=EARLY + 2 * HOUR)
    charge_hourly(provider, 2, 8)
    assert "close" not in provider.calls()
    provider.show_page(page.reference)
    assert provider.pay_page(page.reference)
    charge_hourly(provider, 8, 12)
    order.refresh_from_db()
    assert order.state == OrderState.PAID
