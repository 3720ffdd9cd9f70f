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
from notifications.reminders import BATCH_SIZE, RESERVE, Reminders, next_mark, plans_by_day, wanted
from notifications.ses.rendering import render_mail
from payments.models import PaymentMethod, Renewal
from subscriptions.bought_periods import cancel_bought
from subscriptions.errors import IllegalTransition
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.trials import start_trial
from tests.support.explain import plan_of
from tests.support.factories import MONTH, NOW, make_due, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def subscribe(plan: Plan | None = None) -> Subscription:
    """Create a subscription for a month from NOW, or to the given plan."""
    return Service.create_subscription(make_user(), plan or make_plan(), now=NOW)


def remind(now: datetime, batch_size: int = BATCH_SIZE) -> int:
    """Run reminders once and return the number recorded."""
    summary = Reminders(now, lambda: timedelta.max, batch_size).run()
    assert summary["complete"]
    return summary["recorded"]


def recorded(subscription: Subscription) -> list[tuple[str, int]]:
    """Return transition and days before the end of each reminder, in order."""
    rows = Notification.objects.filter(event__subscription=subscription, days_before__isnull=False).order_by("pk")
    return [(row.cause.transition, row.days_before) for row in rows if row.days_before and row.channel == "ses"]


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


def renewing(days: list[int], **fields: Any) -> Subscription:
    """Subscribe to a plan with these reminder days, and agree to renewals by a card."""
    return charged(subscribe(make_plan(reminder_days=days, **fields)))


def trial(days: list[int]) -> Subscription:
    """Begin a trial of 7 days of a plan with these reminder days."""
    return start_trial(make_user(), make_plan(reminder_days=days, trial_days=7, duration_months=12), now=NOW)


def charged(subscription: Subscription) -> Subscription:
    """Agree to renewals by a card."""
    card = PaymentMethod.objects.create(
        user=subscription.user, provider="stripe", customer="cus_1", token=f"pm_{subscription.pk}"
    )
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, method=card, amount=5, currency="EUR", agreed_at=NOW
    )
    return subscription


@pytest.mark.once
@pytest.mark.parametrize(
    ("days", "told"), [([1], [1]), ([7, 1], [7, 1]), ([2, 1], [1]), ([3, 2], [3, 2]), ([], [])], ids=str
)
def test_nobody_is_charged_unawares(days: list[int], told: list[int]) -> None:
    """A day before the end the renewal is charged, and reminders are over."""
    subscription, end = renewing(days), NOW + MONTH
    assert next_mark(NOW) == (end - max(*days, 2) * DAY if days else None)
    for hour in range(24 * 9, 24, -6):
        remind(end - timedelta(hours=hour))
    assert [day for _transition, day in recorded(subscription)] == told
    Subscription.objects.update(grace_until=end + 7 * DAY)
    assert remind(end - DAY) == 0


def test_job_has_nothing_to_do_before_a_charge_that_was_told_earlier() -> None:
    end = renewing([7]).end_date
    assert remind(end - 7 * DAY) == 1
    assert next_mark(end - 7 * DAY) is None
    later = renewing([7, 1])
    assert remind(end - 7 * DAY) == 1
    assert next_mark(end - 7 * DAY) == later.end_date - 2 * DAY


def test_job_has_nothing_to_do_before_a_charge_of_a_subscription_that_was_imported() -> None:
    (imported,) = make_due(make_plan(reminder_days=[7]), 1, end=NOW + MONTH)
    charged(imported)
    assert next_mark(NOW + MONTH - 7 * DAY) is None
    assert remind(NOW + MONTH - 2 * DAY) == 0


def test_mail_names_the_day_and_the_price_before_the_card_is_charged() -> None:
    subscription, end = renewing([1]), NOW + MONTH
    assert remind(end - 2 * DAY - INSTANT) == 0
    assert next_mark(end - 2 * DAY - INSTANT) == end - 2 * DAY
    assert remind(end - 2 * DAY) == 1
    mail = render_mail(Notification.objects.get(event__subscription=subscription, days_before=1))
    assert mail.subject.endswith("Monthly renews on Dec. 31, 2026 for 5.00 EUR")


@pytest.mark.parametrize("days", [[30], [30, 7], [7, 14]], ids=str)
def test_nobody_is_charged_unawares_after_a_trial_shorter_than_the_reminder_days(days: list[int]) -> None:
    subscription, end = trial(days), NOW + 7 * DAY
    charged(subscription)
    assert remind(end - 2 * DAY - INSTANT) == 0
    assert next_mark(end - 2 * DAY - INSTANT) == end - 2 * DAY
    assert [remind(end - hours * DAY / 24) for hours in (48, 47, 25)] == [1, 0, 0]
    mail = render_mail(Notification.objects.get(event__subscription=subscription, days_before=min(days)))
    assert mail.subject.endswith("Your free trial of Monthly ends on Dec. 8, 2026, then it costs 5.00 EUR")


def test_trial_that_is_not_charged_is_reminded_as_the_plan_says() -> None:
    trial([30])
    assert next_mark(NOW) is None
    assert [remind(NOW + hours * DAY / 24) for hours in (1, 5 * 24, 6 * 24)] == [0, 0, 0]


@pytest.mark.parametrize("change", [{"auto_renew": False}, {"method": None}], ids=["turned off", "without a card"])
def test_subscriber_who_is_not_charged_is_reminded_as_the_plan_says(change: dict[str, Any]) -> None:
    renewing([1])
    Renewal.objects.update(**change)
    end = NOW + MONTH
    assert remind(end - 2 * DAY) == 0
    assert next_mark(NOW) == end - DAY
    assert remind(end - DAY) == 1


def test_card_of_a_cancelled_subscription_makes_no_reminder_earlier() -> None:
    Service.cancel_subscription(renewing([1]), now=NOW)
    assert remind(NOW + MONTH - 2 * DAY) == 0


def test_period_that_is_no_longer_than_the_notice_is_not_announced_when_it_begins() -> None:
    renewing([1], duration_days=2)
    assert remind(NOW) == 0


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
