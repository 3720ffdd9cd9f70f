"""Sweep: expired rows, kept rows, and the effect of one bad row."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Value
from django.db.models.lookups import GreaterThanOrEqual
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from foundation import clock
from notifications.models import Notification
from subscriptions import sweep
from subscriptions.errors import SweepAborted
from subscriptions.models import Subscription, SubscriptionEvent, SweepRun
from subscriptions.models.subscription import access_end
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscriptions_transitioned
from tests.support.explain import plan_of
from tests.support.factories import MONTH, NOW, has_access, make_due, make_plan, make_user

pytestmark = pytest.mark.django_db


@contextmanager
def strict_receiver(receiver: Any) -> Iterator[None]:
    """Connect a strict receiver inside the block."""
    subscriptions_transitioned.connect(receiver, weak=False)
    try:
        yield
    finally:
        subscriptions_transitioned.disconnect(receiver)


def refuses(*users: User) -> Any:
    """Return a strict receiver that fails for batches with any of these users."""
    keys = {user.pk for user in users}

    def receiver(*, user_ids: list[int], **kwargs: Any) -> None:
        if keys & set(user_ids):
            raise ValueError("this row is bad")

    return receiver


def test_due_one_expires_once_with_one_event_and_one_notification_a_channel() -> None:
    (subscription,) = make_due(make_plan(), 1)
    assert Service.sweep(now=NOW).expired == 1
    assert Service.sweep(now=NOW).expired == 0
    subscription.refresh_from_db()
    assert (subscription.status, subscription.expired_at) == ("expired", NOW)
    event = subscription.events.get()
    assert (event.transition, event.actor, event.occurred_at) == ("expired", None, NOW)
    assert (event.old_end_date, event.new_end_date) == (subscription.end_date, subscription.end_date)
    assert sorted(Notification.objects.values_list("event", "channel")) == [(event.pk, "ses"), (event.pk, "sns")]
    assert not has_access(subscription.user)


def test_end_is_half_open() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert Service.sweep(now=NOW + MONTH - timedelta(microseconds=1)).expired == 0
    assert has_access(subscription.user)
    assert Service.sweep(now=NOW + MONTH).expired == 1


def test_cancelled_one_expires_at_its_end() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Service.cancel_subscription(subscription, now=NOW)
    assert Service.sweep(now=NOW + MONTH).expired == 1


def test_second_live_subscription_keeps_access() -> None:
    user = make_user()
    Service.create_subscription(user, make_plan(duration_days=1), now=NOW)
    Service.create_subscription(user, make_plan(duration_days=30), now=NOW)
    assert Service.sweep(now=NOW + timedelta(days=1)).expired == 1
    assert has_access(user)
    assert Service.sweep(now=NOW + MONTH).expired == 1
    assert not has_access(user)


def test_several_due_subscriptions_of_one_user_go_in_one_batch() -> None:
    user = make_user()
    for days in (1, 2, 3):
        Service.create_subscription(user, make_plan(duration_days=days), now=NOW)
    assert Service.sweep(now=NOW + MONTH).expired == 3
    assert not has_access(user)


def test_user_with_two_due_subscriptions_in_different_batches_loses_access() -> None:
    user = make_user()
    for days in (1, 2):
        Service.create_subscription(user, make_plan(duration_days=days), now=NOW)
    assert Service.sweep(now=NOW + MONTH, batch_size=1).expired == 2
    assert not has_access(user)


def test_summary_tells_how_late_the_oldest_was() -> None:
    plan = make_plan()
    make_due(plan, 2, end=NOW - timedelta(minutes=5))
    make_due(plan, 1, end=NOW - timedelta(hours=2))
    run = Service.sweep(now=NOW)
    counts = {"expired": 3, "failed": 0, "unannounced": 0, "remaining": 0}
    assert run.summary() == counts | {"oldest_late_s": 7200.0, "run": run.pk}
    assert SweepRun.objects.get().finished_at is not None


def test_other_groups_are_left_alone() -> None:
    (subscription,) = make_due(make_plan(), 1)
    subscription.user.groups.add(Group.objects.create(name="Editors"))
    Service.sweep(now=NOW)
    assert list(subscription.user.groups.values_list("name", flat=True)) == ["Editors"]


def test_bad_row_in_a_thousand_costs_only_itself() -> None:
    due = make_due(make_plan(), 1_000)
    bad = due[617]
    with strict_receiver(refuses(bad.user)):
        run = Service.sweep(now=NOW)
    assert (run.expired, run.failed, run.remaining) == (999, 1, 0)
    assert run.failures == {str(bad.pk): "ValueError: this row is bad"}
    assert Subscription.objects.due(NOW).get() == bad
    assert has_access(bad.user)
    assert SubscriptionEvent.objects.count() == 999


def test_bad_row_is_tried_again_by_the_next_run() -> None:
    (bad,) = make_due(make_plan(), 1)
    with strict_receiver(refuses(bad.user)):
        assert Service.sweep(now=NOW).failed == 1
    assert Service.sweep(now=NOW).expired == 1


def test_row_that_the_database_refuses_costs_only_itself() -> None:
    table = SubscriptionEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX one_expiry ON {table} (subscription_id) WHERE transition = 'expired'")
    good, bad = make_due(make_plan(), 2)
    SubscriptionEvent.objects.create(
        subscription=bad,
        transition="expired",
        occurred_at=NOW,
        new_end_date=NOW,
        plan=bad.plan,
        price=1,
        currency="EUR",
    )
    run = Service.sweep(now=NOW)
    assert (run.expired, run.failed) == (1, 1)
    good.refresh_from_db()
    assert good.status == "expired"


def test_sweep_that_fails_for_every_row_stops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MAXIMUM_FAILURES", 5)
    due = make_due(make_plan(), 20)
    with strict_receiver(refuses(*[row.user for row in due])), pytest.raises(SweepAborted):
        Service.sweep(now=NOW)
    run = SweepRun.objects.get()
    assert (run.expired, run.failed, run.remaining) == (0, 5, 15)


def test_more_bad_rows_than_a_run_tries_hold_up_no_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MAXIMUM_FAILURES", 5)
    plan = make_plan()
    bad = make_due(plan, 12, end=NOW - timedelta(hours=1))
    make_due(plan, 3, end=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with strict_receiver(refuses(*[row.user for row in bad])):
        for _ in range(3):
            with pytest.raises(SweepAborted):
                Service.sweep(now=NOW)
        assert set(Subscription.objects.due(NOW)) == set(bad)
        make_due(plan, 3, end=NOW)
        with pytest.raises(SweepAborted):
            Service.sweep(now=NOW)
    assert set(Subscription.objects.due(NOW)) == set(bad)
    run = SweepRun.objects.first()
    assert run
    assert (run.expired, run.failed, run.remaining) == (3, 5, 7)
    assert Service.sweep(now=NOW).expired == 12


def test_repeated_failure_is_recorded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    good, bad = make_due(make_plan(), 2)
    with strict_receiver(refuses(good.user, bad.user)):
        Service.sweep(now=NOW)
    with strict_receiver(refuses(bad.user)):
        run = Service.sweep(now=NOW)
    assert (run.expired, run.failed, run.remaining) == (1, 1, 0)
    assert list(run.failures) == [str(bad.pk)]


def test_sweep_stops_before_its_time_is_up_and_the_next_goes_on() -> None:
    make_due(make_plan(), 10)
    remaining = iter([timedelta(seconds=60), timedelta(seconds=30), timedelta(seconds=1)])
    run = Service.sweep(now=NOW, batch_size=3, time_left=lambda: next(remaining, timedelta(0)))
    assert (run.expired, run.remaining) == (6, 4)
    assert Service.sweep(now=NOW).expired == 4


def test_limit_bounds_what_is_claimed() -> None:
    make_due(make_plan(), 10)
    assert Service.sweep(now=NOW, batch_size=4, limit=6).expired == 6


@pytest.mark.slow
@pytest.mark.parametrize(("due", "table"), [(10_000, 0), (10_000, 20_000)])
def test_queries_grow_with_batches_and_not_with_rows_or_the_table(due: int, table: int) -> None:
    plan = make_plan()
    make_due(plan, due)
    if table:
        make_due(plan, table, end=NOW + MONTH)
    with CaptureQueriesContext(connection) as queries:
        assert Service.sweep(now=NOW).expired == due
    # Five batches of 7 (BEGIN and COMMIT, here savepoints, among them), two that find nothing, and the run's own three.
    assert len(queries) == 5 * 7 + 2 * 3 + 3


def test_due_rows_are_found_through_the_partial_index() -> None:
    due = Subscription.objects.due(NOW).order_by(access_end(), "pk")
    assert "subscription_by_access_end" in plan_of(due[:1_000])
    after = due.filter(GreaterThanOrEqual(access_end(), Value(NOW - MONTH)))
    assert "subscription_by_access_end" in plan_of(after[:1_000])
