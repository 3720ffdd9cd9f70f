"""Changes of plan: planned for the next renewal, and made at once by operators."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group

from subscriptions.errors import (
    AlreadySubscribed,
    ChangedMeanwhile,
    ChangeTooEarly,
    CurrencyDiffers,
    IllegalTransition,
    PlanNotOnSale,
    PlanUnchanged,
)
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.periods import period_of, with_period
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscription_changed
from subscriptions.terms import Terms
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
END = NOW + MONTH


@pytest.fixture
def subscription() -> Subscription:
    return Service.create_subscription(make_user(), make_plan(), now=NOW)


@pytest.fixture
def yearly() -> Plan:
    return make_plan(name="Yearly", price=99, duration_days=365)


def history(subscription: Subscription) -> list[tuple[Any, ...]]:
    """Return transition, old plan and plan of each event after the first."""
    events = SubscriptionEvent.objects.filter(subscription=subscription).order_by("pk")[1:]
    return [(event.transition, event.old_plan, event.plan) for event in events]


def test_planned_change_waits_for_the_renewal(subscription: Subscription, yearly: Plan) -> None:
    present = subscription.plan
    change_plan(subscription, yearly, now=NOW + DAY)

    subscription.refresh_from_db()
    assert (subscription.plan, subscription.next_plan, subscription.end_date) == (present, yearly, END)
    assert history(subscription) == []


def test_renewal_goes_over_to_the_planned_plan(subscription: Subscription, yearly: Plan) -> None:
    present = subscription.plan
    change_plan(subscription, yearly, now=NOW)
    renewed = Service.renew_subscription(subscription, now=END - DAY)

    stored = Subscription.objects.get()
    assert (renewed.plan, renewed.next_plan, renewed.end_date) == (yearly, None, END + timedelta(days=365))
    assert (stored.plan, stored.next_plan, stored.end_date) == (yearly, None, END + timedelta(days=365))
    assert history(stored) == [("changed", present, yearly), ("renewed", None, yearly)]
    changed, renewal = SubscriptionEvent.objects.order_by("pk")[1:]
    assert (changed.old_end_date, changed.new_end_date, changed.price) == (END, END, Decimal(0))
    assert (renewal.old_end_date, renewal.price) == (END, Decimal(99))


def test_renewal_before_the_last_day_does_not_cut_off_the_present_plan(
    subscription: Subscription, yearly: Plan
) -> None:
    change_plan(subscription, yearly, now=NOW)
    with pytest.raises(ChangeTooEarly) as refused:
        Service.renew_subscription(subscription, now=END - DAY - timedelta(microseconds=1))
    assert refused.value.possible_from == END - DAY
    assert Subscription.objects.get().end_date == END


def test_naming_the_present_plan_undoes_the_change(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW)
    change_plan(subscription, subscription.plan, now=NOW)
    assert Subscription.objects.get().next_plan is None
    Service.renew_subscription(subscription, now=NOW)
    assert history(subscription) == [("renewed", None, subscription.plan)]


@pytest.mark.parametrize("cancel", [Service.cancel_subscription, Service.cancel_now])
def test_cancelling_clears_what_was_planned(subscription: Subscription, yearly: Plan, cancel: Any) -> None:
    change_plan(subscription, yearly, now=NOW)
    cancel(subscription, now=NOW + DAY)
    assert Subscription.objects.get().next_plan is None


def test_change_at_once_by_staff_keeps_the_end_and_is_free(subscription: Subscription, yearly: Plan) -> None:
    present, staff = subscription.plan, make_user()
    change_plan(subscription, yearly, "now", now=NOW + DAY, actor=staff, reason="Sorry for the outage")

    stored = Subscription.objects.get()
    assert (stored.plan, stored.end_date, stored.status) == (yearly, END, "active")
    assert history(stored) == [("changed", present, yearly)]
    event = SubscriptionEvent.objects.latest("pk")
    assert (event.price, event.actor, event.reason, event.new_end_date) == (
        Decimal(0),
        staff,
        "Sorry for the outage",
        END,
    )


def test_subscribers_still_see_the_period_that_they_bought(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, "now", now=NOW + DAY)
    for now in (NOW + 2 * DAY, END + DAY):
        period = period_of(with_period(Subscription.objects.all(), now).get())
        assert period is not None
        assert (period.price, period.duration_days) == (Decimal("9.90"), 30)


def test_change_at_once_replaces_what_was_planned(subscription: Subscription, yearly: Plan) -> None:
    change_plan(subscription, yearly, now=NOW)
    change_plan(subscription, make_plan(name="Weekly", duration_days=7), "now", now=NOW)
    assert Subscription.objects.get().next_plan is None


def test_groups_follow_the_plan(subscription: Subscription, yearly: Plan) -> None:
    small, large = Group.objects.create(name="small"), Group.objects.create(name="large")
    subscription.plan.groups.add(small)
    yearly.groups.add(large)
    Service.renew_subscription(subscription, now=NOW)
    assert set(subscription.user.groups.all()) >= {small}
    change_plan(subscription, yearly, "now", now=NOW)
    assert small not in subscription.user.groups.all()
    assert large in subscription.user.groups.all()


def test_public_signal_has_both_plans(
    subscription: Subscription, yearly: Plan, django_capture_on_commit_callbacks: Any
) -> None:
    heard = []

    def hear(subscription: Subscription, old_plan: Plan, new_plan: Plan, **kwargs: Any) -> None:
        heard.append((subscription.pk, old_plan.name, new_plan.name))

    subscription_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            change_plan(subscription, yearly, "now", now=NOW)
    finally:
        subscription_changed.disconnect(hear)
    assert heard == [(subscription.pk, "Monthly", "Yearly")]


def refused(subscription: Subscription, plan: Plan, error: type[Exception], now: Any = NOW, **terms: Any) -> str:
    """Return the message of the refusal, after which nothing has changed."""
    before = Subscription.objects.values().get(pk=subscription.pk)
    messages = []
    for at in ("period_end", "now"):
        with pytest.raises(error) as raised:
            change_plan(subscription, plan, at, now=now, **terms)
        messages.append(str(raised.value))
    assert Subscription.objects.values().get(pk=subscription.pk) == before
    assert len(set(messages)) == 1
    return messages[0]


def test_the_same_plan_is_refused(subscription: Subscription) -> None:
    assert "choose another" in refused(subscription, subscription.plan, PlanUnchanged)


def test_plan_off_sale_is_refused(subscription: Subscription) -> None:
    assert "choose another" in refused(subscription, make_plan(on_sale=False), PlanNotOnSale)


def test_plan_in_another_currency_is_refused(subscription: Subscription) -> None:
    assert "cancel the subscription" in refused(subscription, make_plan(currency="JPY", price=990), CurrencyDiffers)


def test_plan_that_the_user_has_already_is_refused(subscription: Subscription, yearly: Plan) -> None:
    Service.create_subscription(subscription.user, yearly, now=NOW)
    assert "renew that one" in refused(subscription, yearly, AlreadySubscribed)


def test_ended_cancelled_and_late_subscriptions_are_refused(subscription: Subscription, yearly: Plan) -> None:
    assert "renew it instead" in refused(subscription, yearly, IllegalTransition, END)
    Service.grant_grace(subscription, END + 7 * DAY, now=NOW)
    assert "pay it" in refused(subscription, yearly, IllegalTransition, END + DAY)
    Service.cancel_subscription(subscription, now=NOW)
    assert "resume it" in refused(subscription, yearly, IllegalTransition)


def test_terms_that_were_shown_are_compared(subscription: Subscription, yearly: Plan) -> None:
    refused(subscription, yearly, ChangedMeanwhile, shown=Terms(price=Decimal(98)))
    refused(subscription, yearly, ChangedMeanwhile, shown=Terms(end_date=END + DAY))
