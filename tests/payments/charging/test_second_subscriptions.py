"""Planned changes to a plan that the subscriber gets otherwise: charged once at most, and told."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from foundation.mail import Rendered
from notifications.models import Notification
from payments.mail_texts import plan_change_planned
from payments.models import Order, OrderState, Payment, PaymentMethod, Renewal
from payments.orders.opening import open_first
from payments.plan_changes.change_orders import change_now
from payments.received_money.recording import record_payment
from subscriptions.models import Plan, Subscription
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.payments.charging.renewal_orders import DUE, END, agree, charge, open_at, renewing
from tests.payments.opened_orders import money
from tests.support.factories import NOW, make_plan
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _payments_are_on(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    settings.EMAIL_BACKEND = "notifications.email_backend.OutboxBackend"


@pytest.fixture
def subscription() -> Subscription:
    """Create a subscription that renews automatically for 9.90 EUR."""
    return renewing()


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


def plan_change(subscription: Subscription, plan: Plan) -> None:
    change_plan(subscription, plan, now=NOW, actor=subscription.user)


def told() -> int:
    return Notification.objects.filter(account_kind="plan_change_planned").count()


def stopped(subscription: Subscription) -> bool:
    """Return True if the subscription goes on as it is until its end and is not charged."""
    subscription.refresh_from_db()
    assert subscription.end_date == END
    assert (subscription.next_plan, subscription.grace_until) == (None, None)
    return not subscription.renewal.auto_renew


@pytest.mark.parametrize("price", [99, 0])
def test_planned_plan_that_was_bought_meanwhile_is_not_charged_and_the_owner_is_told(
    subscription: Subscription, provider: LedgerProvider, price: int
) -> None:
    planned = make_plan(name="Yearly", price=price, duration_days=365)
    plan_change(subscription, planned)
    Service.create_subscription(subscription.user, planned, now=NOW)
    before = told()
    for hours in range(0, 72, 6):
        charge(provider, DUE + hours * HOUR)

    assert provider.successes() == []
    assert not Order.objects.exists()
    subscription = Subscription.objects.select_related("renewal").get(pk=subscription.pk)
    assert stopped(subscription)
    assert told() == before + 1
    mail = plan_change_planned("", str(subscription.user_id), DUE)
    assert isinstance(mail, Rendered)
    assert "Monthly ends on" in mail.text


@pytest.mark.parametrize("later", [timedelta(), 6 * HOUR], ids=["one run", "two runs"])
def test_of_two_subscriptions_that_plan_the_same_change_one_is_charged(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider, later: timedelta
) -> None:
    other = Service.create_subscription(subscription.user, make_plan(name="Third"), now=NOW + later)
    agree(other, subscription.renewal.method)
    plan_change(subscription, yearly)
    plan_change(other, yearly)
    for hours in range(0, 72, 6):
        charge(provider, DUE + hours * HOUR)

    assert len(provider.successes()) == 1
    assert Order.objects.get().state == OrderState.PAID
    assert list(Subscription.objects.filter(plan=yearly)) == [subscription]
    assert not Renewal.objects.get(subscription=other).auto_renew


def test_planned_plan_that_is_bought_while_its_order_is_open_is_charged_once(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider
) -> None:
    plan_change(subscription, yearly)
    open_at(DUE)
    bought = Service.create_subscription(subscription.user, yearly, now=DUE)
    end, before = bought.end_date, told()
    for hours in range(0, 72, 6):
        charge(provider, DUE + hours * HOUR)

    assert len(provider.successes()) == 1
    assert not Payment.objects.get().surplus
    bought.refresh_from_db()
    assert bought.end_date == end + timedelta(days=365)
    assert stopped(Subscription.objects.get(pk=subscription.pk))
    assert told() == before + 1


@pytest.mark.parametrize("is_late", [True, False])
def test_planned_plan_that_is_paid_for_while_its_order_waits_for_another_try_is_not_charged(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider, *, is_late: bool
) -> None:
    PaymentMethod.objects.update(token="declined_1")
    plan_change(subscription, yearly)
    charge(provider, DUE)
    charge(provider, DUE + 20 * HOUR)  # the first tries are spread over so many
    assert Order.objects.get().attempts == 1
    PaymentMethod.objects.update(token="ok_1")
    paid_at, before = END + HOUR if is_late else DUE + 21 * HOUR, told()
    order = open_first(subscription.user, yearly, paid_at, UNSEEN)
    assert not record_payment(order, money("99.00"), now=paid_at).surplus
    for hours in range(26, 96, 6):
        charge(provider, DUE + hours * HOUR)

    assert provider.successes() == []
    assert not Order.objects.unfinished().exists()
    assert stopped(Subscription.objects.get(pk=subscription.pk))
    assert told() == before + 1


def test_planned_plan_that_another_subscription_has_changed_to_is_not_charged(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider, settings: LazySettings
) -> None:
    PaymentMethod.objects.update(token="declined_1")
    plan_change(subscription, yearly)
    charge(provider, DUE)
    charge(provider, DUE + 20 * HOUR)
    PaymentMethod.objects.update(token="ok_1")
    other = Service.create_subscription(subscription.user, make_plan(name="Free", price=0), now=NOW)
    settings.PAYMENT_PROVIDER = "manual"
    order = change_now(other, yearly, DUE + 21 * HOUR, UNSEEN, actor=other.user)
    assert order is not None
    assert not record_payment(order, money("99.00"), now=DUE + 21 * HOUR).surplus
    for hours in range(26, 96, 6):
        charge(provider, DUE + hours * HOUR)

    assert provider.successes() == []
    assert stopped(Subscription.objects.get(pk=subscription.pk))


def test_renewal_of_another_subscription_ends_no_renewal(subscription: Subscription, provider: LedgerProvider) -> None:
    other = Service.create_subscription(subscription.user, make_plan(name="Third"), now=NOW)
    agree(other, subscription.renewal.method)
    for hours in range(0, 24, 5):
        charge(provider, DUE + hours * HOUR)
    assert len(provider.successes()) == 2
    assert Renewal.objects.filter(auto_renew=True).count() == 2
