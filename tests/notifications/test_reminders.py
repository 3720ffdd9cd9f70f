"""Reminders: recipients, times and frequency."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import JSONField, Value
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from foundation.orm.insert_select import insert_select_returning
from notifications.models import Notification
from notifications.reminders import RESERVE, Reminders, plans_by_day, wanted
from subscriptions.bought_periods import cancel_bought
from subscriptions.errors import IllegalTransition
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.notifications.reminded import recorded, remind, subscribe
from tests.support.explain import plan_of
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def test_subscriber_is_reminded_a_week_and_a_day_before_the_end() -> None:
    subscription = subscribe()
    end = NOW + MONTH
    assert remind(end - 7 * DAY - INSTANT) == 0
    assert remind(end - 7 * DAY) == 1
    assert remind(end - DAY - INSTANT) == 0
    assert remind(end - DAY) == 1
    assert remind(end - INSTANT) == 0
    assert recorded(subscription) == [("created", 7), ("created", 1)]
    assert Notification.objects.filter(days_before__isnull=False, channel="sns").count() == 0


def test_of_marks_that_were_missed_only_the_nearest_is_told() -> None:
    subscription = subscribe()
    assert remind(NOW + MONTH - DAY / 2) == 1
    assert remind(NOW + MONTH - DAY / 4) == 0
    assert recorded(subscription) == [("created", 1)]


def test_end_before_a_period_that_was_taken_back_is_reminded_of() -> None:
    subscription = subscribe()
    renewed = Service.renew_subscription(subscription, now=NOW + DAY)
    cancel_bought(renewed, NOW + MONTH, "withdrawn", now=NOW + 2 * DAY, actor=subscription.user)
    assert remind(NOW + MONTH - 7 * DAY) == 1
    assert remind(NOW + MONTH - DAY) == 1
    assert recorded(subscription) == [("created", 7), ("created", 1)]


def test_run_that_comes_late_with_an_early_time_tells_nothing_that_is_behind() -> None:
    subscription = subscribe()
    remind(NOW + MONTH - DAY)
    assert remind(NOW + MONTH - 3 * DAY) == 0
    assert recorded(subscription) == [("created", 1)]


def test_mark_at_or_before_the_beginning_is_none() -> None:
    week = subscribe(make_plan(duration_days=7))
    days = subscribe(make_plan(duration_days=1))
    for hours in range(0, 7 * 24 + 1, 6):
        remind(NOW + timedelta(hours=hours))
    assert recorded(week) == [("created", 1)]
    assert recorded(days) == []


def test_period_that_was_bought_in_advance_begins_where_the_one_before_it_ends() -> None:
    subscription = subscribe(make_plan(duration_days=7, reminder_days=[7, 6]))
    Service.renew_subscription(subscription, now=NOW + DAY)
    assert remind(NOW + 7 * DAY) == 0
    assert remind(NOW + 8 * DAY) == 1
    assert recorded(subscription) == [("renewed", 6)]


def test_renewal_ends_the_reminders_of_the_old_period_and_begins_those_of_the_new() -> None:
    subscription = subscribe()
    remind(NOW + MONTH - 7 * DAY)
    Service.renew_subscription(subscription, now=NOW + MONTH - 5 * DAY)
    assert remind(NOW + MONTH - DAY) == 0
    assert remind(NOW + 2 * MONTH - 7 * DAY) == 1
    assert recorded(subscription) == [("created", 7), ("renewed", 7)]


def test_subscriber_whose_next_period_is_being_charged_is_not_reminded_of_its_price() -> None:
    subscription = subscribe()
    end = NOW + MONTH
    Service.grant_grace(subscription, end + 7 * DAY, now=end - 2 * DAY)
    assert remind(end - DAY) == 0


def test_cancellation_and_its_undoing_make_no_second_reminder() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW + DAY)
    assert remind(NOW + MONTH - 6 * DAY) == 1
    Service.reactivate_subscription(subscription, now=NOW + MONTH - 5 * DAY)
    assert remind(NOW + MONTH - 4 * DAY) == 0
    assert recorded(subscription) == [("created", 7)]


def test_ended_subscription_gets_no_reminder_swept_or_not() -> None:
    now_ended, due = subscribe(), subscribe()
    Service.cancel_now(now_ended, now=NOW + MONTH - 8 * DAY)
    assert remind(due.end_date) == 0
    Service.sweep(now=due.end_date)
    assert remind(due.end_date - DAY) == 0
    assert (recorded(now_ended), recorded(due)) == ([], [])


def test_subscription_that_came_back_has_the_reminders_of_its_new_period() -> None:
    subscription = subscribe()
    Service.cancel_now(subscription, now=NOW + DAY)
    Service.renew_subscription(subscription, now=NOW + 2 * DAY)
    assert remind(NOW + 2 * DAY + MONTH - DAY) == 1
    assert recorded(subscription) == [("renewed", 1)]


def test_deactivated_user_is_not_reminded() -> None:
    subscription = subscribe()
    User.objects.filter(pk=subscription.user_id).update(is_active=False)
    assert remind(NOW + MONTH - DAY) == 0
    User.objects.filter(pk=subscription.user_id).update(is_active=True)
    assert remind(NOW + MONTH - DAY) == 1


def test_each_plan_has_its_own_days() -> None:
    none = subscribe(make_plan(reminder_days=[]))
    two = subscribe(make_plan(reminder_days=[14, 2]))
    usual = subscribe(make_plan())
    for day in range(31):
        remind(NOW + day * DAY)
    assert recorded(none) == []
    assert recorded(two) == [("created", 14), ("created", 2)]
    assert recorded(usual) == [("created", 7), ("created", 1)]


def test_service_without_plans_or_without_reminders_has_nothing_to_do() -> None:
    assert remind(NOW) == 0
    subscribe(make_plan(reminder_days=[]))
    assert remind(NOW + MONTH - DAY) == 0


def test_queries_grow_with_batches_and_not_with_rows() -> None:
    plan = make_plan()
    for _ in range(25):
        subscribe(plan)
    with CaptureQueriesContext(connection) as queries:
        assert remind(NOW + MONTH - DAY, batch_size=10) == 25
    # The plans; three batches and an empty one; after each of the three, where it ended.
    assert len(queries) == 8
    with CaptureQueriesContext(connection) as queries:
        assert remind(NOW + MONTH - DAY) == 0
    assert len(queries) == 2


def test_subscriptions_with_the_same_end_are_not_lost_between_batches() -> None:
    plan = make_plan()
    subscriptions = [subscribe(plan) for _ in range(7)]
    assert remind(NOW + MONTH - DAY, batch_size=2) == 7
    assert [recorded(subscription) for subscription in subscriptions] == [[("created", 1)]] * 7


def test_run_whose_time_runs_short_says_so_and_the_next_goes_on() -> None:
    plan = make_plan()
    for _ in range(5):
        subscribe(plan)
    left = iter([RESERVE, RESERVE, RESERVE - INSTANT])
    summary = Reminders(NOW + MONTH - DAY, lambda: next(left), batch_size=2).run()
    assert summary == {"recorded": 4, "complete": False, "malformed_plans": 0}
    assert remind(NOW + MONTH - DAY) == 1


def test_renewal_between_two_statements_hides_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan()
    subscriptions = [subscribe(plan) for _ in range(6)]

    def insert_and_renew(*args: Any, **kwargs: Any) -> list[int]:
        keys = insert_select_returning(*args, **kwargs)
        for row in Notification.objects.filter(pk__in=keys):
            Service.renew_subscription(row.cause.subscription, now=NOW + MONTH - DAY)
        return keys

    monkeypatch.setattr("notifications.reminders.insert_select_returning", insert_and_renew)
    assert remind(NOW + MONTH - DAY, batch_size=2) == 6
    assert [recorded(subscription) for subscription in subscriptions] == [[("created", 1)]] * 6


@pytest.mark.parametrize("malformed", [None, 7, "7", {"7": 1}, ["7"], [7.5], [True], [0], [10**20], [[7]], [None]])
def test_plan_with_malformed_days_is_named_and_stops_no_other(
    malformed: object, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = make_plan(), make_plan()
    subscription, other = subscribe(broken), subscribe(sound)
    Plan.objects.filter(pk=broken.pk).update(reminder_days=Value(malformed, JSONField()))
    summary = Reminders(NOW + MONTH - DAY, lambda: timedelta.max).run()
    assert summary == {"recorded": 1, "complete": True, "malformed_plans": 1}
    assert (recorded(subscription), recorded(other)) == ([], [("created", 1)])
    (error,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert error.__dict__["plans"] == [broken.pk]


def test_rows_are_found_through_the_index_of_what_has_not_expired() -> None:
    subscribe()
    rows = wanted(plans_by_day()[0], NOW + MONTH - DAY)
    for rest in (rows, rows.filter(subscription__end_date__gte=NOW)):
        plan = plan_of(rest[:1000])
        assert "subscription_not_expired" in plan
        assert "event_by_transition" not in plan
        assert "notification_one_reminder_per_period_and_day" in plan


MOVES: dict[str, Callable[..., Subscription]] = {
    "renew": Service.renew_subscription,
    "cancel": Service.cancel_subscription,
    "reactivate": Service.reactivate_subscription,
}
times = st.integers(0, 24 * 24).map(lambda hours: NOW + timedelta(hours=hours))
steps = st.lists(st.tuples(times, st.sampled_from(["run", "run", "run", *MOVES])), max_size=40)


@pytest.mark.slow
@pytest.mark.once
@settings(max_examples=100)
@given(days=st.lists(st.integers(1, 14), max_size=5, unique=True), steps=steps)
def test_runs_at_any_times_remind_at_most_once_each_and_ever_nearer_to_the_end(
    days: list[int], steps: list[tuple[datetime, str]]
) -> None:
    subscription = subscribe(make_plan(duration_days=10, reminder_days=days))
    for now, step in steps:
        if step != "run":
            with suppress(IllegalTransition):
                MOVES[step](subscription, now=now)
            continue
        began = subscription.events.filter(transition__in=["created", "renewed"]).latest("pk")
        start, end = max(began.occurred_at, began.old_end_date or NOW), began.new_end_date
        come = [day for day in days if start < end - day * DAY <= now < end]
        before = told(began)
        remind(now)
        after = told(began)
        assert after[len(before) :] in ([], [min(come, default=0)])
        assert not come or after[-1] <= min(come)
    for event in subscription.events.all():
        assert told(event) == sorted(set(told(event)), reverse=True)


def told(event: SubscriptionEvent) -> list[int]:
    """Return the days of the reminders in the event's period, in order."""
    reminders = Notification.objects.filter(event=event, days_before__isnull=False).order_by("pk")
    return [row.days_before or 0 for row in reminders]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_time_record_each_once() -> None:
    plan = make_plan()
    ends = [NOW + MONTH + timedelta(minutes=minute) for minute in range(300)]
    for end in ends:
        Service.create_subscription(make_user(), plan, now=end - MONTH)
    start = Barrier(4)

    def run(number: int) -> int:
        try:
            start.wait(timeout=PATIENCE_SECONDS)
            # Clocks differ, and so do the batches.
            return remind(ends[-1] - DAY + timedelta(seconds=number), batch_size=20 + number)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(run, range(4)))
    remind(ends[-1] - DAY)
    reminders = Counter(Notification.objects.filter(days_before=1).values_list("event", "channel"))
    assert len(reminders) == len(ends)
    assert set(reminders.values()) == {1}
    assert sum(counts) == len(ends)
