"""Retention: deleted rows, kept rows, batches."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from config.operations.jobs import delete_old_rows
from foundation import clock, local_clock
from foundation.jobs import retention
from foundation.throttling import counters
from foundation.throttling.models import RequestCount
from notifications.models import Channel, Feedback, Notification, State
from notifications.outbox import claims
from subscriptions.models import AccessAuditRun, IdempotentRequest, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.support.explain import plan_of
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context
from tests.support.locks import number_blocked
from tests.support.patience import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AGES = ("old", "young")
ENDLESS = timedelta(days=1)


def delete_old(time_left: timedelta = ENDLESS) -> dict[str, int]:
    return retention.delete_old(NOW, lambda: time_left)


def finish(state: State = State.SENT, *, age: timedelta = settings.NOTIFICATIONS_KEPT + HOUR, **fields: Any) -> None:
    """Create a subscription with two notifications that finished this long ago."""
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    rows = Notification.objects.filter(event__subscription=subscription)
    rows.update(state=state, finished_at=NOW - age, **fields)


def test_finished_notifications_go_when_they_are_old_and_the_history_stays() -> None:
    finish()
    finish(age=settings.NOTIFICATIONS_KEPT - HOUR)
    Service.create_subscription(make_user(), make_plan(), now=NOW - 1000 * MONTH)
    assert delete_old()["notifications"] == 2
    assert Notification.objects.count() == 4
    assert SubscriptionEvent.objects.count() == 3


def test_reminder_stays_until_its_subscription_has_ended() -> None:
    finish()
    reminder = Notification.objects.filter(channel=Channel.SES)
    reminder.update(days_before=7)
    delete_old()
    assert reminder.count() == 1
    Service.cancel_now(reminder.get().cause.subscription, now=NOW + HOUR)
    delete_old()
    assert not reminder.filter(days_before=7).exists()


def test_each_kind_goes_at_its_own_age() -> None:
    user = make_user()
    for index, (age, name) in enumerate(zip((HOUR, -HOUR), AGES, strict=True)):
        Session.objects.create(session_key=name, session_data="", expire_date=NOW - age)
        AuthToken.objects.create(user=user)
        IdempotentRequest.objects.create(user=user, key=name, created_at=NOW - timedelta(hours=24) - age)
        RequestCount.objects.create(bucket=name, window_start=NOW - HOUR - age, requests=1)
        heard = NOW - settings.FEEDBACK_KEPT - age
        Feedback.objects.create(sns_message_id=name, event_type="Send", occurred_at=heard, received_at=heard, raw="{}")
        Notification.objects.create(channel="ses", address=f"{name}@example.com", state=State.SENT, finished_at=heard)
        SweepRun.objects.create(started_at=NOW - settings.SWEEPS_KEPT - age)
        AccessAuditRun.objects.create(started_at=NOW - settings.SWEEPS_KEPT - age)
        token = AuthToken.objects.order_by("created")[index]
        AuthToken.objects.filter(pk=token.pk).update(expiry=NOW - age)
    AuthToken.objects.create(user=user, expiry=None)
    kinds = ("sessions", "tokens", "idempotent_requests", "request_counts", "sweeps", "access_audits", "feedback")
    young = ("notifications", "mail_limits", "sign_ins", "daily_counts", "webhook_messages", "cancellation_requests")
    none = dict.fromkeys(young, 0)
    assert delete_old() == dict.fromkeys((*kinds, "direct_mails"), 1) | none
    assert delete_old() == dict.fromkeys((*kinds, "direct_mails"), 0) | none
    assert [row.session_key for row in Session.objects.all()] == ["young"]


def test_travelling_deletes_nothing_that_bears_the_true_time(settings: Any, tmp_path: Path) -> None:
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()
    user = make_user()
    Session.objects.create(session_key="a", session_data="", expire_date=timezone.now() + HOUR)
    AuthToken.objects.create(user=user)
    Feedback.objects.create(sns_message_id="a", event_type="Send", occurred_at=timezone.now(), raw="{}")
    finish(age=NOW - timezone.now())
    SweepRun.objects.create(started_at=clock.now())
    local_clock.move_on(1000 * MONTH)
    assert {kind for kind, number in retention.delete_old(clock.now(), lambda: ENDLESS).items() if number} == {"sweeps"}


def test_many_go_in_batches_and_what_the_time_leaves_goes_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for number in range(5):
        RequestCount.objects.create(bucket=f"{number}", window_start=NOW - MONTH, requests=1)
    assert delete_old(retention.RESERVE)["request_counts"] == 0
    with CaptureQueriesContext(connection) as queries:
        assert delete_old()["request_counts"] == 5
    assert sum(query["sql"].startswith("DELETE") for query in queries) == 3


def beside_the_delete(table: str, work: Callable[[], Any]) -> Any:
    """Run the deletion, with the work on another connection between SELECT and DELETE. Return the work's result.

    If the transaction of the DELETE holds the rows, the work waits for its end.
    """

    def in_thread() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        works: list[Future[Any]] = []

        def before_the_delete(execute: Any, sql: str, *arguments: Any) -> Any:
            if sql.startswith("DELETE") and table in sql and not works:
                works.append(pool.submit(in_thread))
                wait_until(lambda: works[0].done() or number_blocked())
            return execute(sql, *arguments)

        with connection.execute_wrapper(before_the_delete):
            delete_old()
        return works[0].result(PATIENCE_SECONDS)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_event_that_is_replayed_beside_the_delete_is_not_lost() -> None:
    finish()
    event = Notification.objects.get(channel=Channel.SNS)
    replayed = beside_the_delete(Notification._meta.db_table, lambda: claims.replay([event.pk]))
    assert Notification.objects.filter(state=State.PENDING).count() == replayed


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_count_that_goes_on_beside_the_delete_is_not_lost() -> None:
    RequestCount.objects.create(bucket="a", window_start=NOW - MONTH, requests=1)
    beside_the_delete(
        RequestCount._meta.db_table,
        lambda: [counters.count(["a"], NOW) for _ in range(30)],
    )
    assert RequestCount.objects.get().requests == 30


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_row_that_somebody_holds_is_passed_over() -> None:
    for name in ("free", "held"):
        RequestCount.objects.create(bucket=name, window_start=NOW - MONTH, requests=1)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        RequestCount.objects.select_for_update().get(bucket="held")

        def elsewhere() -> int:
            try:
                return delete_old()["request_counts"]
            finally:
                connection.close()

        assert pool.submit(elsewhere).result(PATIENCE_SECONDS) == 1
    assert RequestCount.objects.get().bucket == "held"


def test_every_large_table_is_read_through_an_index() -> None:
    for rule in retention.rules():
        if rule.name not in ("tokens", "request_counts"):
            plan = plan_of(rule.rows_at(NOW)[:1000])
            assert "Index" in plan or "USING INDEX" in plan, (rule.name, plan)


class Unhurried(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.mark.django_db(transaction=True)
def test_job_says_what_it_deleted() -> None:
    finish(age=NOW - clock.now() + settings.NOTIFICATIONS_KEPT + MONTH)
    assert delete_old_rows(SCHEDULED, Context())["notifications"] == 0, "its time is short"
    assert delete_old_rows(SCHEDULED, Unhurried())["notifications"] == 2
