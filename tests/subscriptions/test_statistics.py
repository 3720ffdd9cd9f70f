"""Sweep and subscription statistics of the dashboard."""

from datetime import UTC, date, datetime, timedelta

import pytest

from subscriptions import statistics
from subscriptions.models import Plan, Subscription, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SINCE = datetime(2026, 12, 1, tzinfo=UTC)


def subscribe(plan: Plan, at: datetime = NOW) -> Subscription:
    return Service.create_subscription(make_user(), plan, now=at)


def run_at(instant: datetime, **fields: object) -> SweepRun:
    return SweepRun.objects.create(started_at=instant, **({"finished_at": instant} | fields))


def live(number_of_days: int, now: datetime) -> list[int]:
    days = [SINCE.date() + index * DAY for index in range(number_of_days)]
    changes = statistics.changes_of_live(statistics.transitions_by_day(SINCE), SINCE, now)
    return statistics.live_by_day(statistics.count_live(now), days, changes)


def test_last_sweep_is_the_last_that_finished() -> None:
    assert statistics.last_finished_sweep() is None
    run_at(NOW)
    run_at(NOW + DAY, finished_at=None)
    assert statistics.last_finished_sweep() == NOW


def test_sweeps_are_counted_by_the_hour() -> None:
    run_at(NOW, expired=2, oldest_late=timedelta(minutes=3))
    run_at(NOW + timedelta(minutes=59), expired=3, failed=1, oldest_late=timedelta(minutes=1))
    run_at(NOW + timedelta(minutes=60), expired=4)
    run_at(NOW - timedelta(minutes=1), expired=50)
    assert statistics.sweeps_by_hour(NOW) == [
        statistics.HourOfSweeps(NOW, 2, 5, 1, timedelta(minutes=3)),
        statistics.HourOfSweeps(NOW + timedelta(hours=1), 1, 4, 0, timedelta()),
    ]


def test_transitions_are_counted_by_day_and_plan() -> None:
    monthly, yearly = make_plan(), make_plan(name="Yearly", duration_days=365)
    subscribe(monthly, SINCE - timedelta(seconds=1))
    subscribe(monthly)
    subscribe(yearly, SINCE + DAY)
    Service.cancel_subscription(subscribe(yearly, SINCE + DAY), now=SINCE + 2 * DAY)
    rows = {(row.day, row.transition, row.plan_id): row.number for row in statistics.transitions_by_day(SINCE)}
    assert rows == {
        (date(2026, 12, 1), "created", monthly.pk): 1,
        (date(2026, 12, 2), "created", yearly.pk): 2,
        (date(2026, 12, 3), "cancelled", yearly.pk): 1,
    }


def test_live_is_counted_back_from_now() -> None:
    plan = make_plan()
    subscribe(plan, SINCE - DAY)  # ends on 30 December
    subscribe(plan, SINCE + DAY)
    Service.cancel_now(subscribe(plan, SINCE + DAY), now=SINCE + 2 * DAY)
    assert live(4, now=SINCE + 3 * DAY) == [1, 3, 2, 2]


def test_renewal_of_what_had_expired_counts_again() -> None:
    subscription = subscribe(make_plan(duration_days=1), SINCE)
    Service.sweep(now=SINCE + DAY)
    subscription.refresh_from_db()
    Service.renew_subscription(subscription, now=SINCE + 3 * DAY)
    assert live(4, now=SINCE + 3 * DAY) == [1, 0, 0, 1]


def test_renewal_between_the_end_and_the_sweep_interrupts_nothing() -> None:
    subscription = subscribe(make_plan(duration_days=1), SINCE)
    Service.renew_subscription(subscription, now=SINCE + DAY + timedelta(seconds=20))
    assert live(2, now=SINCE + DAY + timedelta(minutes=1)) == [1, 1]


def test_renewal_before_the_end_and_cancellation_change_nothing() -> None:
    subscription = subscribe(make_plan(), SINCE)
    Service.renew_subscription(subscription, now=SINCE + DAY)
    Service.cancel_subscription(subscription, now=SINCE + DAY)
    assert live(2, now=SINCE + DAY) == [1, 1]


def test_due_and_not_swept_is_not_live() -> None:
    subscribe(make_plan(duration_days=1), SINCE)
    assert live(3, now=SINCE + 2 * DAY) == [1, 0, 0]


def test_nothing_at_all() -> None:
    assert live(2, now=NOW) == [0, 0]
    assert statistics.sweeps_by_hour(NOW - MONTH) == []
    assert statistics.transitions_by_day(NOW - MONTH) == []
