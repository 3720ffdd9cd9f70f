"""Planned changes of plan and what is charged for them: never more than the last mail said."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from foundation.mail import Rendered
from notifications.coverage import Coverage
from notifications.models import Channel, Notification
from notifications.ses.eligibility import withheld
from notifications.ses.rendering import render_mail
from payments.errors import NotRenewable
from payments.mail_texts import plan_change_planned
from payments.models import Order, Payment, Renewal
from payments.received_money.recording import record_payment
from payments.renewal.automatic_renewal import Price, price_of, renewal_of, shown_renewals, turn_off, turn_on
from subscriptions.errors import ChangeTooEarly, CurrencyDiffers
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DAY, DUE, END, agree, charge, make_method, open_at
from tests.payments.opened_orders import money, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

YEAR = timedelta(days=365)


@pytest.fixture
def subscription() -> Subscription:
    """Create a subscription that renews automatically for 9.90 EUR."""
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    agree(subscription, make_method(subscription.user))
    return subscription


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


def mail(subscription: Subscription, now: object = NOW) -> str:
    """Return the text of the mail about the planned change as it would be sent now."""
    rendered = plan_change_planned("", str(subscription.user_id), now)  # type: ignore[arg-type]
    assert isinstance(rendered, Rendered)
    return rendered.text


def test_charge_is_for_the_planned_plan_at_the_price_of_the_mail(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider
) -> None:
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    assert "Monthly changes to Yearly" in mail(subscription)
    assert "99.00 EUR" in mail(subscription)
    Plan.objects.filter(pk=yearly.pk).update(price=120)
    assert "99.00 EUR" in mail(subscription)

    assert open_at(DUE) == 1
    charge(provider, END - timedelta(hours=1))

    payment = Payment.objects.get()
    subscription.refresh_from_db()
    assert (payment.amount, payment.order.plan if payment.order else None) == (Decimal(99), yearly)
    assert payment.event == SubscriptionEvent.objects.latest("pk")
    assert (subscription.plan, subscription.next_plan, subscription.end_date) == (yearly, None, END + YEAR)
    renewal = Renewal.objects.get()
    assert (renewal.amount, renewal.next_amount, renewal.auto_renew) == (Decimal(99), None, True)


def turned_on_while_planned(plan: Plan, planned: Plan) -> Subscription:
    """Plan a change of a subscription without renewal, then turn automatic renewal on as the page does."""
    subscription = Service.create_subscription(make_user(), plan, now=NOW)
    make_method(subscription.user)
    change_plan(subscription, planned, now=NOW, actor=subscription.user)
    subscription = Subscription.objects.get(pk=subscription.pk)
    shown = price_of(subscription, renewal_of(subscription))
    assert shown == Price(planned.price, "EUR")
    assert f"if it is renewed for {shown.amount_text} EUR" in mail(subscription)
    turn_on(subscription, shown, "", NOW)
    return subscription


@pytest.mark.parametrize("is_longer", [True, False])
def test_renewal_turned_on_while_a_change_is_planned_costs_the_planned_plan(
    yearly: Plan, provider: LedgerProvider, *, is_longer: bool
) -> None:
    monthly = make_plan()
    plan, planned = (monthly, yearly) if is_longer else (yearly, monthly)
    subscription = turned_on_while_planned(plan, planned)
    end = subscription.end_date
    assert f"{plan.name} changes to {planned.name}" in mail(subscription)
    assert f"for {planned.price:.2f} EUR. We charge it" in mail(subscription)

    open_at(end - DAY)
    order = Order.objects.get()
    assert (order.plan, order.amount, order.duration_days) == (planned, planned.price, planned.duration_days)
    charge(provider, end - timedelta(hours=1))
    renewal = Renewal.objects.get()
    assert (renewal.subscription.plan, renewal.charge) == (planned, planned.price)


def test_undoing_the_change_after_turning_renewal_on_costs_the_present_plan(yearly: Plan) -> None:
    subscription = turned_on_while_planned(make_plan(), yearly)
    change_plan(subscription, subscription.plan, now=NOW, actor=subscription.user)
    assert "for 9.90 EUR" in mail(subscription)
    open_at(DUE)
    order = Order.objects.get()
    assert (order.plan.name, order.amount) == ("Monthly", Decimal("9.90"))


def test_agreement_without_a_price_of_the_planned_plan_is_charged_that_plans_price(
    subscription: Subscription, yearly: Plan
) -> None:
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    Renewal.objects.update(next_amount=None)  # as a release wrote it that knew of no planned plan
    assert "99.00 EUR" in mail(subscription)
    open_at(DUE)
    order = Order.objects.get()
    assert (order.plan, order.amount) == (yearly, Decimal(99))


def test_renewal_to_a_free_plan_cannot_be_turned_on(subscription: Subscription) -> None:
    turn_off(Renewal.objects.get(), NOW)
    change_plan(subscription, make_plan(name="Free", price=0), now=NOW, actor=subscription.user)
    assert shown_renewals([subscription], NOW) == {}
    with pytest.raises(NotRenewable):
        turn_on(subscription, Price(Decimal(0), "EUR"), "", NOW)


def test_change_by_staff_never_raises_the_charge(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW, actor=make_user())
    assert "9.90 EUR" in mail(subscription)
    open_at(DUE)
    assert Order.objects.get().amount == Decimal("9.90")


def test_change_at_once_by_staff_never_raises_the_charge(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, "now", now=NOW, actor=make_user())
    assert Renewal.objects.get().amount == Decimal("9.90")
    change_plan(subscription, make_plan(name="Small", price=5), "now", now=NOW, actor=make_user())
    assert Renewal.objects.get().amount == 5


def test_order_that_was_open_on_the_old_plan_is_replaced(
    subscription: Subscription, yearly: Plan, provider: LedgerProvider
) -> None:
    open_at(DUE)
    change_plan(subscription, yearly, now=DUE, actor=subscription.user)
    assert [(order.plan.name, order.state) for order in Order.objects.all()] == [("Monthly", "void")]
    open_at(DUE)
    change_plan(subscription, subscription.plan, now=DUE, actor=subscription.user)
    assert "Monthly renews" in mail(subscription)
    open_at(DUE)
    charge(provider, END - timedelta(hours=1))
    assert Payment.objects.get().amount == Decimal("9.90")
    assert Subscription.objects.get().plan.name == "Monthly"


def test_money_that_was_on_its_way_for_the_old_plan_gives_its_period_and_the_change_waits(
    subscription: Subscription, yearly: Plan
) -> None:
    order = renewal_order(subscription)
    Order.objects.filter(pk=order.pk).update(reference="r-1", way="page", provider=LedgerProvider.name)
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)

    payment = record_payment(order, money(), now=NOW)

    subscription.refresh_from_db()
    assert not payment.surplus
    assert (subscription.plan.name, subscription.next_plan) == ("Monthly", yearly)


def test_money_for_a_plan_that_was_left_since_is_a_surplus(subscription: Subscription, yearly: Plan) -> None:
    order = renewal_order(subscription)
    Order.objects.filter(pk=order.pk).update(reference="r-1", way="page", provider=LedgerProvider.name)
    change_plan(subscription, yearly, "now", now=NOW)
    assert record_payment(order, money(), now=NOW).surplus
    assert Subscription.objects.get().plan == yearly


def test_money_for_the_planned_plan_counts_although_it_was_cancelled_meanwhile(
    subscription: Subscription, yearly: Plan
) -> None:
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    open_at(DUE)
    order = Order.objects.get()
    Order.objects.update(reference="r-1")
    Service.cancel_subscription(subscription, now=DUE)
    assert Renewal.objects.get().next_amount is None
    order.refresh_from_db()

    assert not record_payment(order, money("99.00"), now=DUE).surplus

    subscription.refresh_from_db()
    assert (subscription.plan, subscription.status, subscription.end_date) == (yearly, "cancelled", END + YEAR)


def test_change_to_a_free_plan_needs_no_charge_and_ends_automatic_renewal(subscription: Subscription) -> None:
    free = make_plan(name="Free", price=0)
    change_plan(subscription, free, now=NOW, actor=subscription.user)
    assert open_at(DUE) == 1
    subscription.refresh_from_db()
    assert (subscription.plan, subscription.end_date) == (free, END + timedelta(days=30))
    assert not Order.objects.exists()
    assert not Renewal.objects.get().auto_renew
    assert open_at(DUE) == 0


def test_subscriber_pays_for_the_planned_plan_from_the_last_day_on(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    with pytest.raises(ChangeTooEarly):
        renewal_order(subscription, DUE - timedelta(seconds=1))
    order = renewal_order(subscription, DUE)
    assert (order.plan, order.amount) == (yearly, Decimal(99))
    assert not record_payment(order, money("99.00"), now=DUE).surplus
    assert Subscription.objects.get().plan == yearly


def test_renewal_that_was_agreed_to_in_another_currency_refuses_the_plan(subscription: Subscription) -> None:
    Renewal.objects.update(currency="CHF")
    with pytest.raises(CurrencyDiffers):
        change_plan(subscription, make_plan(name="Other"), now=NOW, actor=subscription.user)
    assert Subscription.objects.get().next_plan is None


def test_planning_and_undoing_are_mailed(subscription: Subscription, yearly: Plan, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "notifications.email_backend.OutboxBackend"
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    change_plan(subscription, subscription.plan, now=NOW, actor=subscription.user)
    assert Notification.objects.filter(account_kind="plan_change_planned").count() == 2


def test_reminder_names_the_next_plan_and_its_price(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW, actor=subscription.user)
    event = SubscriptionEvent.objects.get()
    reminder = Notification.objects.create(event=event, channel=Channel.SES, days_before=7)
    mail = render_mail(reminder)
    for text in (mail.subject, mail.text, mail.html):
        assert "Monthly changes to Yearly" in text
        assert "99.00 EUR" in text


def test_mail_of_the_renewal_is_the_only_one_of_a_planned_change(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW)
    Service.renew_subscription(subscription, now=DUE)
    mails = list(Notification.objects.filter(channel=Channel.SES, event__isnull=False).order_by("event"))
    kept = withheld(mails, Coverage.of(mails, DUE + DAY))
    assert [row.kind for row in mails if row.pk not in kept] == ["created", "renewed"]
