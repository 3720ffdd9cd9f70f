"""State machine, transition by transition."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from accounts.models import User
from foundation import clock
from subscriptions.errors import (
    IllegalTransition,
    InvalidPeriod,
    InvalidReason,
    PlanNotOnSale,
    RenewalTooEarly,
    TransitionNotRecorded,
    UnknownPlan,
    UnknownSubscription,
    UnknownUser,
)
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user, transitions

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_creation_starts_a_period_and_gives_access(subscription: Subscription, user: User) -> None:
    assert (subscription.start_date, subscription.end_date) == (NOW, NOW + MONTH)
    assert subscription.status == "active"
    assert has_access(user)


def test_creation_without_now_takes_the_present(user: User, plan: Plan) -> None:
    subscription = Service.create_subscription(user, plan)
    assert subscription.end_date - subscription.start_date == MONTH


def test_event_records_who_when_what_why_and_the_price_of_that_moment(subscription: Subscription, plan: Plan) -> None:
    operator = make_user()
    Plan.objects.filter(pk=plan.pk).update(price="12.50", currency="CHF")
    Service.cancel_subscription(subscription, "too dear", now=NOW + SECOND, actor=operator)
    created, cancelled = subscription.events.all()
    assert (created.transition, created.old_end_date, created.new_end_date) == ("created", None, NOW + MONTH)
    assert (str(created.price), created.currency, created.actor) == ("9.90", "EUR", None)
    assert (cancelled.occurred_at, cancelled.actor, cancelled.reason) == (NOW + SECOND, operator, "too dear")
    assert (cancelled.old_end_date, cancelled.new_end_date) == (NOW + MONTH, NOW + MONTH)
    assert (str(cancelled.price), cancelled.currency) == ("12.50", "CHF")


def test_plan_that_is_not_on_sale_is_refused(user: User) -> None:
    with pytest.raises(PlanNotOnSale):
        Service.create_subscription(user, make_plan(on_sale=False), now=NOW)


def test_plan_taken_off_sale_since_it_was_read_is_refused(user: User, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(on_sale=False)
    with pytest.raises(PlanNotOnSale):
        Service.create_subscription(user, plan, now=NOW)


def test_unknown_plan_user_and_subscription_are_refused(user: User, plan: Plan) -> None:
    with pytest.raises(UnknownPlan):
        Service.create_subscription(user, Plan(pk=404, duration_days=1), now=NOW)
    with pytest.raises(UnknownUser):
        Service.create_subscription(get_user_model()(pk=404), plan, now=NOW)
    with pytest.raises(UnknownSubscription):
        Service.cancel_subscription(Subscription(pk=404, user=user, plan=plan), now=NOW)
    assert not SubscriptionEvent.objects.exists()


def test_renewal_adds_a_period_to_what_is_left(subscription: Subscription) -> None:
    Service.renew_subscription(subscription, now=NOW + SECOND)
    assert subscription.end_date == NOW + 2 * MONTH


def test_renewing_what_ended_long_ago_ends_in_the_future_and_gives_access_back(
    subscription: Subscription, user: User
) -> None:
    later = NOW + 10 * MONTH
    Service.sweep(now=later)
    assert not has_access(user)
    Service.renew_subscription(subscription, now=later)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.end_date, subscription.expired_at) == ("active", later + MONTH, None)
    assert has_access(user)


def test_two_renewals_of_stale_copies_give_two_periods(subscription: Subscription) -> None:
    stale = Subscription.objects.get(pk=subscription.pk)
    Service.renew_subscription(subscription, now=NOW)
    Service.renew_subscription(stale, now=NOW)
    assert stale.end_date == NOW + 3 * MONTH


def test_early_renewal_is_judged_by_the_end_under_the_lock(subscription: Subscription) -> None:
    stale = Subscription.objects.get(pk=subscription.pk)
    Service.renew_subscription(subscription, now=NOW, early=lambda: False)
    with pytest.raises(RenewalTooEarly) as refusal:
        Service.renew_subscription(stale, now=NOW, early=lambda: False)
    assert refusal.value.possible_from == subscription.end_date - MONTH
    stale.refresh_from_db()
    assert stale.end_date == subscription.end_date


def test_reason_of_a_new_subscription_is_recorded(user: User, plan: Plan) -> None:
    made = Service.create_subscription(user, plan, now=NOW, reason="Won a prize")
    assert made.events.get().reason == "Won a prize"
    with pytest.raises(InvalidReason):
        Service.create_subscription(make_user(), plan, now=NOW, reason="x" * 501)


def test_given_days_lengthen_what_is_left_and_cost_nothing(subscription: Subscription, user: User) -> None:
    end = subscription.end_date
    Service.give_days(subscription, 10, "Outage", now=NOW, actor=user)
    assert subscription.end_date == end + timedelta(days=10)
    event = subscription.events.latest("pk")
    assert (event.transition, event.actor, event.reason) == ("renewed", user, "Outage")
    assert (event.old_end_date, event.new_end_date) == (end, subscription.end_date)
    assert event.price == 0


def test_days_given_after_the_end_begin_now_and_give_access_back(subscription: Subscription, user: User) -> None:
    Service.sweep(now=NOW + MONTH)
    later = NOW + 2 * MONTH
    Service.give_days(subscription, 3, now=later)
    assert (subscription.status, subscription.end_date) == ("active", later + timedelta(days=3))
    assert has_access(user)


def test_cancelled_subscription_that_is_given_days_stays_cancelled(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    Service.give_days(subscription, 3, now=NOW)
    assert (subscription.status, subscription.end_date) == ("cancelled", NOW + MONTH + timedelta(days=3))
    Service.give_days(subscription, 3, now=NOW + 2 * MONTH)
    assert subscription.status == "active"


@pytest.mark.parametrize("days", [-1, 0, 36_526, 10**9])
def test_days_that_cannot_be_given_change_nothing(subscription: Subscription, days: int) -> None:
    with pytest.raises(InvalidPeriod):
        Service.give_days(subscription, days, now=NOW)
    subscription.refresh_from_db()
    assert subscription.end_date == NOW + MONTH


def test_renewal_makes_a_cancelled_one_active(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    assert Service.renew_subscription(subscription, now=NOW).status == "active"


def test_renewal_beyond_the_calendar_is_refused_and_changes_nothing(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(end_date=NOW.replace(year=9999, day=31))
    with pytest.raises(InvalidPeriod):
        Service.renew_subscription(subscription, now=NOW)
    assert transitions(subscription) == ["created"]


def test_cancellation_keeps_access_until_the_end(subscription: Subscription, user: User) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    Service.sweep(now=NOW + MONTH - SECOND)
    assert has_access(user)
    Service.sweep(now=NOW + MONTH)
    assert not has_access(user)


def test_cancelling_twice_changes_nothing(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, "first", now=NOW)
    Service.cancel_subscription(subscription, "second", now=NOW + SECOND)
    assert transitions(subscription) == ["created", "cancelled"]
    assert subscription.events.latest("pk").reason == "first"


@pytest.mark.parametrize("swept", [True, False])
def test_ended_subscription_cannot_be_cancelled(subscription: Subscription, *, swept: bool) -> None:
    if swept:
        Service.sweep(now=NOW + MONTH)
    with pytest.raises(IllegalTransition):
        Service.cancel_subscription(subscription, now=NOW + MONTH)


def test_reason_of_501_characters_is_refused_before_anything_is_done(subscription: Subscription) -> None:
    with pytest.raises(InvalidReason):
        Service.cancel_subscription(subscription, "x" * 501, now=NOW)
    subscription.refresh_from_db()
    assert subscription.status == "active"
    Service.cancel_subscription(subscription, "x" * 500, now=NOW)


def test_reactivation_takes_a_cancellation_back(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    assert subscription.status == "active"
    assert transitions(subscription) == ["created", "cancelled", "reactivated"]


def test_reactivation_of_what_is_active_is_refused(subscription: Subscription) -> None:
    with pytest.raises(IllegalTransition):
        Service.reactivate_subscription(subscription, now=NOW)


def test_reactivation_after_the_end_is_refused(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    with pytest.raises(IllegalTransition):
        Service.reactivate_subscription(subscription, now=NOW + MONTH)


def test_cancelling_now_ends_it_and_its_access_at_once(subscription: Subscription, user: User) -> None:
    operator = make_user()
    Service.cancel_now(subscription, "refunded", now=NOW + SECOND, actor=operator)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.end_date) == ("expired", NOW + SECOND)
    assert not has_access(user)
    event = subscription.events.latest("pk")
    assert (event.transition, event.actor, event.reason) == ("expired", operator, "refunded")
    assert (event.old_end_date, event.new_end_date) == (NOW + MONTH, NOW + SECOND)


def test_cancelling_now_before_the_start_is_refused(subscription: Subscription) -> None:
    with pytest.raises(IllegalTransition):
        Service.cancel_now(subscription, now=NOW)


def test_other_subscription_keeps_access_when_one_is_cancelled_now(subscription: Subscription, user: User) -> None:
    Service.create_subscription(user, make_plan(name="Yearly"), now=NOW)
    Service.cancel_now(subscription, now=NOW + SECOND)
    assert has_access(user)


def test_history_can_neither_be_changed_nor_deleted(subscription: Subscription) -> None:
    event = subscription.events.get()
    event.reason = "rewritten"
    attempts: list[Callable[[], object]] = [
        event.save,
        event.delete,
        SubscriptionEvent.objects.all().delete,
        partial(SubscriptionEvent.objects.update, reason="rewritten"),
        partial(SubscriptionEvent.objects.bulk_update, [event], ["reason"]),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match="append-only"):
            attempt()
    assert subscription.events.get().reason == ""


def test_service_counts_what_it_expired(user: User, plan: Plan) -> None:
    Service.create_subscription(user, plan, now=clock.now() - 2 * MONTH)
    assert Service.check_expired_subscriptions() == 1
    assert Service.check_expired_subscriptions() == 0


DROPS_EVENTS = {
    "sqlite": ["CREATE TRIGGER drop_events BEFORE INSERT ON {} BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION drop_events() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER drop_events BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION drop_events()",
    ],
}


def test_transition_whose_event_is_not_written_is_undone() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    with connection.cursor() as cursor:
        for statement in DROPS_EVENTS[connection.vendor]:
            cursor.execute(statement.format(SubscriptionEvent._meta.db_table))
    with pytest.raises(TransitionNotRecorded, match="cancelled: 1 rows changed, but 0 events"):
        Service.cancel_subscription(subscription, now=NOW)
    subscription.refresh_from_db()
    assert subscription.status == "active"
