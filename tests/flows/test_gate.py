"""Gate with the real database: writers open it, jobs close it, and a tick that sleeps does not connect."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.backends.signals import connection_created

from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from foundation import clock, gate, gate_store
from foundation.due_work import next_instants
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.jobs import deliver_notifications, send_expiry_reminders
from notifications.models import Channel, ChannelStatus, Notification, PauseReason
from payments.jobs import process_payments
from subscriptions.access.managed_groups import restore_groups
from subscriptions.jobs import check_expired_subscriptions
from subscriptions.models import AccessAuditRun, Subscription, SweepRun
from subscriptions.services import SubscriptionService as Service
from subscriptions.statistics import is_sweep_stale, last_finished_sweep
from tests.support.factories import MONTH, NOW, make_due, make_plan, make_user
from tests.support.gate import (
    DELIVERY,
    PAYMENTS,
    REMINDERS,
    SWEEP,
    TABLE,
    Context,
    gate_on,
    is_open,
    make_table,
    read_item,
    tick,
)
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

JOBS = {
    SWEEP: check_expired_subscriptions,
    DELIVERY: deliver_notifications,
    REMINDERS: send_expiry_reminders,
    PAYMENTS: process_payments,
}


def in_threads(*actions: Callable[[], object]) -> None:
    """Run the actions at once, each in a thread with a session of its own."""

    def act(action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        for future in [pool.submit(act, action) for action in actions]:
            future.result()


def invoke(event: dict[str, Any], context: Any) -> Any:
    """Run the job that the rule names, as Zappa does."""
    return JOBS[event["resources"][0].rpartition("-")[2]](event, context)


def run(job: str, **arguments: Any) -> Any:
    return run_gated(tick(job), Context(), invoke, **arguments)


@pytest.fixture
def gated(transactional_db: None, aws: LocalAWS, settings: Any) -> Iterator[None]:
    make_table()
    restore_groups()
    with gate_on(settings):
        yield


@pytest.fixture
def connections_made() -> Iterator[list[object]]:
    made: list[object] = []

    def count(connection: object, **kwargs: Any) -> None:
        made.append(connection)

    connection_created.connect(count)
    yield made
    connection_created.disconnect(count)


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def close() -> bool:
    return gate.close_gate(clock.now())


def ends_in(duration: timedelta) -> Subscription:
    """Create a subscription that ends so much later."""
    (made,) = make_due(make_plan(), 1, end=clock.now() + duration)
    return made


def test_gate_closes_until_the_next_end(gated: None, now: None) -> None:
    ends_in(timedelta(hours=5))
    assert is_open()
    assert close()
    assert read_item().markers["sweep"] == NOW + timedelta(hours=5)


def test_without_anything_due_the_gate_opens_after_the_ceiling(gated: None, now: None, settings: Any) -> None:
    assert close()
    assert read_item().markers["sweep"] == NOW + settings.GATE_CEILING


def test_writer_in_flight_keeps_the_gate_open_until_its_session_ends(gated: None) -> None:
    assert close()
    assert not is_open()
    written, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make_plan()
            written.set()
            may_end.wait()

    def look() -> None:
        written.wait()
        try:
            assert is_open()
            assert not close()
        finally:
            may_end.set()

    in_threads(write, look)
    assert close()


def test_rolled_back_writer_gives_the_lock_back_with_its_session_only(gated: None) -> None:
    assert close()
    done, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make_plan()
            transaction.set_rollback(True)
        done.set()
        may_end.wait()

    def look() -> None:
        done.wait()
        try:
            assert not close()
        finally:
            may_end.set()

    in_threads(write, look)
    assert close()


def test_writer_that_opens_while_the_gate_closes_keeps_it_open(gated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    instants = next_instants

    def slow(now: datetime) -> dict[str, datetime | None]:
        found = instants(now)
        in_threads(make_plan)
        return found

    monkeypatch.setattr(gate, "next_instants", slow)
    assert not close()
    assert is_open()


def test_row_that_commits_while_the_gate_closes_is_counted_or_keeps_it_open(
    gated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_writers = gate._has_writers

    def slow(connection: Any) -> bool:
        found = has_writers(connection)
        in_threads(lambda: ends_in(timedelta(minutes=3)))
        return found

    monkeypatch.setattr(gate, "_has_writers", slow)
    assert not close()
    assert is_open()


def test_lock_is_held_when_the_gate_opens(gated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bool] = []
    open_store = gate_store.GateStore.open

    def look_and_open(store: gate_store.GateStore) -> None:
        in_threads(lambda: opened.append(gate._has_writers(connection)))
        open_store(store)

    monkeypatch.setattr(gate_store.GateStore, "open", look_and_open)
    make_plan()
    assert opened == [True]


def test_row_that_commits_just_before_the_look_is_counted(
    gated: None, now: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, looking, committed = threading.Event(), threading.Event(), threading.Event()
    has_writers = gate._has_writers

    def write() -> None:
        try:
            with transaction.atomic():
                ends_in(timedelta(minutes=3))
                written.set()
                looking.wait()
        finally:
            connection.close()
            committed.set()

    def look(session: Any) -> bool:
        looking.set()
        committed.wait()
        wait_until(lambda: not has_writers(session))  # the server ends a session after its client has left
        return has_writers(session)

    def close_meanwhile() -> None:
        written.wait()
        try:
            assert close()
        finally:
            looking.set()

    monkeypatch.setattr(gate, "_has_writers", look)
    in_threads(write, close_meanwhile)
    assert read_item().markers["sweep"] == NOW + timedelta(minutes=3)


def test_harmless_statements_leave_the_gate_closed(gated: None) -> None:
    assert close()
    Session.objects.create(session_key="k", session_data="", expire_date=NOW)
    SweepRun.objects.create(started_at=NOW)
    list(Subscription.objects.all())
    assert not is_open()
    assert close()


def test_changed_group_opens_the_gate(gated: None) -> None:
    assert close()
    Group.objects.create(name="editors")
    assert is_open()


def test_tick_that_sleeps_makes_no_connection_and_writes_its_heartbeat(
    gated: None, now: None, connections_made: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    ends_in(timedelta(hours=5))
    assert close()
    connections_made.clear()
    with caplog.at_level(logging.INFO):
        assert [run(job) for job in (SWEEP, DELIVERY, REMINDERS)] == [ASLEEP] * 3
    assert connections_made == []
    written = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line.get("SubscriptionsExpired") for line in written] == [0, None]
    assert [line.get("OldestPending") for line in written] == [None, 0]


def test_idle_jobs_close_the_gate_that_they_found_open(gated: None, now: None) -> None:
    for job in (SWEEP, DELIVERY, REMINDERS):
        gate.open_gate()
        assert run(job) != ASLEEP
        assert not is_open()


def test_idle_delivery_writes_nothing(gated: None, now: None) -> None:
    assert close()
    deliver_notifications(tick(DELIVERY), Context())
    process_payments(tick(PAYMENTS), Context())
    assert not is_open()


def test_database_is_woken_ahead_of_an_end(gated: None, now: time_machine.Traveller, settings: Any) -> None:
    subscription = ends_in(timedelta(hours=5))
    assert close()
    now.move_to(subscription.end_date - settings.GATE_AHEAD - timedelta(seconds=1))
    assert run(SWEEP) == ASLEEP
    now.shift(timedelta(seconds=1))
    assert run(SWEEP) != ASLEEP


def test_sweep_waits_for_the_ends_within_the_minute_and_delivers(
    gated: None, now: time_machine.Traveller, aws: LocalAWS
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now.shift(timedelta(seconds=seconds))

    soon = [ends_in(timedelta(seconds=seconds)) for seconds in (20, 50)]
    later = ends_in(timedelta(seconds=70))
    run(SWEEP, sleep=sleep)
    assert waits == [20, 30]
    for subscription in soon:
        subscription.refresh_from_db()
        assert subscription.expired_at == subscription.end_date
    later.refresh_from_db()
    assert later.expired_at is None
    assert len(aws.mails()) == 2


def test_sweep_with_little_time_left_waits_for_nothing(gated: None, now: None) -> None:
    ends_in(timedelta(seconds=20))

    class Short(Context):
        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 100_000

    run_gated(tick(SWEEP), Short(), invoke, sleep=lambda _: pytest.fail("it waited"))


def test_job_that_fails_leaves_the_gate_open(gated: None) -> None:
    def fail(event: object, context: object) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_gated(tick(SWEEP), Context(), fail)
    assert is_open()


def test_pending_notifications_and_paused_channels_keep_the_gate_open(gated: None, now: None) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    connection.close()
    close()
    assert read_item().markers["sweep"] <= NOW
    Notification.objects.all().delete()
    connection.close()
    close()
    assert read_item().markers["sweep"] > NOW
    hour = timedelta(hours=1)
    ChannelStatus.objects.filter(pk=Channel.SES).update(
        paused_since=NOW + 400 * hour, paused_until=NOW + 800 * hour, pause_reason=PauseReason.QUOTA
    )
    connection.close()
    close()
    assert read_item().markers["sweep"] <= NOW


def test_reminders_have_a_marker_of_their_own(gated: None, now: time_machine.Traveller, settings: Any) -> None:
    settings.GATE_CEILING = 2 * MONTH
    subscription = Service.create_subscription(make_user(), make_plan(reminder_days=[7]), now=NOW)
    Notification.objects.all().delete()
    connection.close()
    assert close()
    mark = subscription.end_date - timedelta(days=7)
    assert read_item().markers["remind"] == mark
    assert read_item().markers["sweep"] == subscription.end_date
    now.move_to(mark)
    assert run(SWEEP) == ASLEEP
    assert run(REMINDERS)["recorded"] == 1
    assert run(DELIVERY) != ASLEEP


def test_sweep_notes_how_long_it_is_quiet(gated: None, now: time_machine.Traveller) -> None:
    subscription = ends_in(timedelta(hours=5))
    run(SWEEP)
    assert SweepRun.objects.get().quiet_until == subscription.end_date
    now.shift(timedelta(hours=4))
    assert not is_sweep_stale(last_finished_sweep(), clock.now())
    now.shift(timedelta(hours=2))
    assert is_sweep_stale(last_finished_sweep(), clock.now())


def test_audit_runs_once_a_day_while_nothing_changes(gated: None, now: None) -> None:
    assert close()
    assert read_item().markers["audit"] <= NOW
    AccessAuditRun.objects.create(started_at=NOW, finished_at=NOW, complete=True)
    assert close()
    assert read_item().markers["audit"] == NOW + timedelta(hours=24)


@pytest.mark.parametrize("fault", ["refused", "400", "500", "black hole", "garbage", "deleted"])
@pytest.mark.parametrize("job", [SWEEP, DELIVERY])
def test_store_that_fails_leaves_each_job_as_without_a_gate(
    fault: str,
    job: str,
    gated: None,
    answers: InjectedAnswers,
    aws: LocalAWS,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscription = ends_in(-timedelta(hours=1))
    with broken(fault, answers, monkeypatch):
        assert run(SWEEP)["expired"] == 1
        assert run(DELIVERY)["accepted"] == 2
        assert run(job) != ASLEEP
    subscription.refresh_from_db()
    assert subscription.status == "expired"
    assert (len(aws.mails()), len(aws.events())) == (1, 1)


def broken(fault: str, answers: InjectedAnswers, patch: pytest.MonkeyPatch) -> Any:
    """Return a context in which the store is broken in this way."""

    stack = ExitStack()
    everything = 10_000
    if fault in {"400", "500"}:
        answers.refuse("dynamodb.UpdateItem", "Broken", status=int(fault), times=everything)
        answers.refuse("dynamodb.GetItem", "Broken", status=int(fault), times=everything)
    elif fault == "garbage":
        answers.alter("dynamodb.UpdateItem", lambda _: b"{", times=everything)
    elif fault == "deleted":
        boto3.client("dynamodb").delete_table(TableName=TABLE)
    else:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        if fault == "black hole":
            server.listen(10_000)
            patch.setattr(gate_store, "TIMEOUT", 0.1)
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.getsockname()[1]}")
    return stack


def test_instant_beyond_the_ceiling_counts_for_nothing(gated: None) -> None:
    store = gate.store()
    assert store.close(store.read().token, {"sweep": clock.now() + timedelta(days=900)})
    assert run(SWEEP) != ASLEEP
    assert run(SWEEP) == ASLEEP


def test_other_events_are_not_asked_for(gated: None, now: None) -> None:
    assert close()
    assert run_gated({"command": DELIVERY}, Context(), lambda event, context: "ran") == "ran"
    assert run_gated(tick("config.operations.jobs.delete_old_rows"), Context(), lambda event, context: "ran") == "ran"
    assert run_gated({"httpMethod": "GET"}, Context(), lambda event, context: "ran") == "ran"
