"""New prices for existing subscribers whose payment is late: what was due before the price changed stays due."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from payments.charging.renewal_orders import open_orders
from payments.models import Order, OrderState, Payment, PaymentMethod, Renewal
from payments.renewal.price_changes import fold_new_amounts
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DAY, DUE, END, agree, charge, make_method
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
HOLDS = END + DAY


@pytest.fixture
def late(provider: LedgerProvider, settings: LazySettings) -> Subscription:
    """Return a subscription whose first charge was declined; periods that begin from HOLDS on cost less."""
    settings.PAYMENT_PROVIDER = provider.name
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    agree(subscription, make_method(subscription.user, "declined"))
    Renewal.objects.update(new_amount=Decimal("5.00"), new_amount_from=HOLDS)
    open_orders(provider.name, DUE, lambda: DAY)
    charge(provider, END - HOUR)
    assert Order.objects.get().state == OrderState.OPEN
    PaymentMethod.objects.update(token="ok_now")
    return subscription


def test_lower_price_of_later_periods_ends_no_tries_for_the_late_one(
    late: Subscription, provider: LedgerProvider
) -> None:
    assert fold_new_amounts(HOLDS) == 0
    for days in range(1, 6):
        charge(provider, END + days * DAY)
    payment = Payment.objects.get()
    assert (payment.amount, payment.surplus) == (Decimal("9.90"), False)

    late.refresh_from_db()
    assert late.end_date == END + MONTH
    assert Renewal.objects.get().charge == Decimal("5.00")
    assert fold_new_amounts(END + 6 * DAY) == 1
    assert Renewal.objects.get().amount == Decimal("5.00")


def test_lower_price_holds_once_the_late_subscription_has_ended(late: Subscription) -> None:
    Service.sweep(now=END + 30 * DAY)
    assert fold_new_amounts(END + 30 * DAY) == 1
    assert Renewal.objects.get().amount == Decimal("5.00")
