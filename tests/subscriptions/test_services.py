"""The state machine, move by move."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from foundation import clock
from subscriptions import services
from subscriptions.errors import (
    AlreadySubscribed,
    IllegalTransition,
    InvalidPeriod,
    InvalidReason,
    PlanNotOnSale,
    TransitionNotRecorded,
    UnknownPlan,
    UnknownSubscription,
    UnknownUser,
)
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.sweep import Sweep
from tests.factories import MONTH, NOW, has_access, make_overlap, make_plan, make_user

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def subscription(user: User, plan: Plan) -> Subscription:
    return Service.create_subscription(user, plan, now=NOW)


def transitions(subscription: Subscription) -> list[str]:
    return list(subscription.events.values_list("transition", flat=True))


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


def test_second_active_subscription_to_the_plan_is_refused(subscription: Subscription, user: User, plan: Plan) -> None:
    with pytest.raises(AlreadySubscribed):
        Service.create_subscription(user, plan, now=NOW)
    assert Subscription.objects.count() == 1


def test_subscribing_beside_a_cancelled_live_one_is_refused(subscription: Subscription, user: User, plan: Plan) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    with pytest.raises(AlreadySubscribed, match="resume that one") as refused:
        Service.create_subscription(user, plan, now=NOW + MONTH - SECOND)
    assert refused.value.subscription_id == subscription.pk
    assert Service.reactivate_subscription(subscription, now=NOW + MONTH - SECOND).status == "active"


@pytest.mark.parametrize("swept", [True, False])
def test_renewal_of_an_ended_one_beside_a_cancelled_live_one_is_refused(
    subscription: Subscription, user: User, plan: Plan, *, swept: bool
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    Service.cancel_subscription(second, now=NOW + MONTH)
    if swept:
        Sweep(now=NOW + MONTH).run()
    with pytest.raises(AlreadySubscribed) as refused:
        Service.renew_subscription(subscription, now=NOW + MONTH)
    assert refused.value.subscription_id == second.pk


def test_subscribing_again_ends_a_cancelled_one_that_is_due_and_not_yet_swept(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    assert transitions(subscription) == ["created", "cancelled", "expired"]
    assert transitions(second) == ["created"]
    assert has_access(user)


def test_either_of_two_that_overlap_goes_on_and_one_at_most_is_active(
    subscription: Subscription,
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    second = make_overlap(subscription)
    Service.cancel_subscription(second, now=NOW)
    Service.reactivate_subscription(second, now=NOW)
    assert Service.renew_subscription(second, now=NOW).end_date == NOW + 2 * MONTH
    with pytest.raises(AlreadySubscribed):
        Service.renew_subscription(subscription, now=NOW)
    Service.cancel_subscription(second, now=NOW)
    assert Service.reactivate_subscription(subscription, now=NOW).status == "active"


def test_reactivation_beside_an_active_one_is_refused(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    make_overlap(subscription)
    with pytest.raises(AlreadySubscribed):
        Service.reactivate_subscription(subscription, now=NOW)


@pytest.mark.parametrize("status", ["active", "cancelled"])
def test_database_holds_one_live_subscription_for_user_and_plan(subscription: Subscription, status: str) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(status="cancelled")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_overlap(subscription, exempt=False, status=status)


def test_rival_that_only_the_constraint_sees_is_refused_by_name(
    subscription: Subscription, user: User, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    monkeypatch.setattr(services, "_refuse_second_live", lambda *_, **__: None)
    with pytest.raises(AlreadySubscribed):
        Service.create_subscription(user, plan, now=NOW)


def test_what_has_expired_may_be_renewed_by_the_release_before(subscription: Subscription) -> None:
    Sweep(now=NOW + MONTH).run()
    make_overlap(subscription, exempt=False, status="cancelled", start_date=NOW + MONTH, end_date=NOW + 2 * MONTH)
    Subscription.objects.filter(pk=subscription.pk).update(status="active", end_date=NOW + 2 * MONTH, expired_at=None)
    assert Subscription.objects.live(NOW + MONTH).count() == 2


def test_database_holds_one_active_subscription_for_user_and_plan(subscription: Subscription) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscription.objects.create(
            user_id=subscription.user_id, plan_id=subscription.plan_id, start_date=NOW, end_date=NOW + MONTH
        )


def test_subscribing_again_ends_the_one_that_is_due_and_not_yet_swept(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.expired_at) == ("expired", NOW + MONTH)
    assert transitions(subscription) == ["created", "expired"]
    assert second.end_date == NOW + 2 * MONTH
    assert has_access(user)


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
    Sweep(now=later).run()
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


def test_renewal_makes_a_cancelled_one_active(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    assert Service.renew_subscription(subscription, now=NOW).status == "active"


def test_renewal_of_an_old_one_beside_an_active_one_is_refused(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    with pytest.raises(AlreadySubscribed):
        Service.renew_subscription(subscription, now=NOW + MONTH)
    assert second.end_date == NOW + 2 * MONTH


def test_renewal_beyond_the_calendar_is_refused_and_changes_nothing(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(end_date=NOW.replace(year=9999, day=31))
    with pytest.raises(InvalidPeriod):
        Service.renew_subscription(subscription, now=NOW)
    assert transitions(subscription) == ["created"]


def test_cancellation_keeps_access_until_the_end(subscription: Subscription, user: User) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    Sweep(now=NOW + MONTH - SECOND).run()
    assert has_access(user)
    Sweep(now=NOW + MONTH).run()
    assert not has_access(user)


def test_cancelling_twice_changes_nothing(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, "first", now=NOW)
    Service.cancel_subscription(subscription, "second", now=NOW + SECOND)
    assert transitions(subscription) == ["created", "cancelled"]
    assert subscription.events.latest("pk").reason == "first"


@pytest.mark.parametrize("swept", [True, False])
def test_ended_subscription_cannot_be_cancelled(subscription: Subscription, *, swept: bool) -> None:
    if swept:
        Sweep(now=NOW + MONTH).run()
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
