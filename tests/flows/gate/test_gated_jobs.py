"""Jobs behind the gate: they close it, and a tick that sleeps does not connect."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError, connection

from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from config.operations.readiness import find_problems
from foundation import clock, gate
from foundation.gate_store import GateStore
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.jobs import deliver_notifications
from notifications.models import Channel, ChannelStatus, Notification, PauseReason
from payments.attention import needs_attention
from payments.jobs import process_payments
from payments.models import Order
from subscriptions.models import SweepRun
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.statistics import is_sweep_stale, last_finished_sweep
from subscriptions.sweep import RECORDED
from tests.flows.gate.gated import close, ends_in, in_threads, invoke, run
from tests.payments.charging.renewal_orders import due_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.gate import (
    AUDIT,
    DELIVERY,
    PAYMENTS,
    REMINDERS,
    SWEEP,
    Context,
    is_open,
    read_item,
    tick,
)
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def test_tick_that_sleeps_makes_no_connection_and_writes_its_heartbeat(
    gated: None, now: None, connections_made: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    ends_in(timedelta(hours=5))
    wait_until(close)
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


def test_idle_jobs_write_nothing(gated: None, now: None, provider: LedgerProvider) -> None:
    wait_until(close)
    deliver_notifications(tick(DELIVERY), Context())
    process_payments(tick(PAYMENTS), Context())
    assert not is_open()


@pytest.mark.parametrize(("event", "seconds"), [(tick(SWEEP), 40), ({"manage": "check"}, 40), ({"version": "2.0"}, 25)])
def test_request_waits_for_the_database_no_longer_than_api_gateway_for_the_request(
    event: dict[str, Any], seconds: int, gated: None, settings: Any
) -> None:
    settings.DATABASE_CONNECT_SECONDS = 40
    waits: list[object] = []

    def connect(event: dict[str, Any], context: Any) -> None:
        waits.append(connection.get_connection_params()["connect_timeout"])

    run_gated(event, Context(), connect)
    assert waits == [seconds]


def test_database_is_woken_ahead_of_an_end(gated: None, now: time_machine.Traveller, settings: Any) -> None:
    subscription = ends_in(timedelta(hours=5))
    wait_until(close)
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
    wait_until(close)
    mark = subscription.end_date - timedelta(days=7)
    assert read_item().markers["remind"] == mark
    assert read_item().markers["sweep"] == subscription.end_date
    now.move_to(mark)
    assert run(SWEEP) == ASLEEP
    assert run(REMINDERS)["recorded"] == 1
    assert run(DELIVERY) != ASLEEP


@pytest.mark.parametrize(("before", "after"), [(7, 3), (3, 7)])
def test_reminder_comes_on_the_day_of_the_plan_that_was_changed_to(
    before: int, after: int, gated: None, now: time_machine.Traveller, settings: Any
) -> None:
    settings.GATE_CEILING = 2 * MONTH
    subscription = Service.create_subscription(make_user(), make_plan(reminder_days=[before]), now=NOW)
    change_plan(subscription, make_plan(name="Basic", reminder_days=[after]), "now", now=NOW)
    Notification.objects.all().delete()
    connection.close()
    wait_until(close)
    now.move_to(subscription.end_date - timedelta(days=after))
    assert run(REMINDERS)["recorded"] == 1
    assert Notification.objects.get().days_before == after


def test_sweep_notes_how_long_it_is_quiet(gated: None, now: time_machine.Traveller) -> None:
    subscription = ends_in(timedelta(hours=5))
    run(SWEEP)
    assert SweepRun.objects.get().quiet_until == subscription.end_date
    now.shift(timedelta(hours=4))
    assert not is_sweep_stale(last_finished_sweep(), clock.now())
    now.shift(timedelta(hours=2))
    assert is_sweep_stale(last_finished_sweep(), clock.now())


def test_sweep_that_begins_while_the_gate_is_closed_and_dies_is_excused(
    gated: None, now: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has asked before, and whoever closes the gate has noted on the sweep before it until when none follows."""
    run(SWEEP)
    run(AUDIT)
    now.shift(timedelta(minutes=1))
    gate.open_gate()
    close_store = GateStore.close

    def close_beside_a_sweep(store: GateStore, *arguments: Any) -> bool:
        in_threads(lambda: Service.sweep(now=clock.now()))
        return close_store(store, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(GateStore, "close", close_beside_a_sweep)
        run(DELIVERY)
    assert not is_open()
    assert SweepRun.objects.count() == 2
    now.shift(timedelta(hours=1))
    assert find_problems(clock.now()).service == []


def test_sweep_keeps_what_was_noted_while_it_worked(gated: None, now: None) -> None:
    run(SWEEP)
    run(AUDIT)
    at_work = SweepRun.objects.create(started_at=NOW)
    connection.close()
    wait_until(close)
    at_work.refresh_from_db()
    assert at_work.quiet_until is not None
    assert "quiet_until" not in RECORDED
    assert {*RECORDED, "quiet_until", "id", "started_at"} == {field.name for field in SweepRun._meta.concrete_fields}


def test_error_of_the_database_at_the_close_fails_no_job(
    gated: None, now: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ends_in(-timedelta(hours=1))

    def lose_the_connection(connection: object) -> bool:
        raise OperationalError

    monkeypatch.setattr(gate, "_has_writers", lose_the_connection)
    assert run(SWEEP)["expired"] == 1
    assert is_open()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["gate not closed"]


@pytest.mark.parametrize("provider_now", [LedgerProvider.name, "manual"])
def test_order_that_a_charger_of_a_former_provider_has_left_is_found(
    provider_now: str, gated: None, now: time_machine.Traveller, provider: LedgerProvider, settings: Any
) -> None:
    settings.PAYMENT_PROVIDER = provider_now
    order = due_order()
    lease = {"lease_token": uuid4(), "lease_until": datetime(2020, 1, 1, tzinfo=UTC)}
    Order.objects.filter(pk=order.pk).update(provider="former", reference="r", state="claimed", **lease)
    Notification.objects.all().delete()
    connection.close()
    wait_until(close)
    now.shift(timedelta(hours=1))
    run(PAYMENTS)
    assert Order.objects.get().state == "unknown"
    now.shift(timedelta(hours=1))
    assert run(PAYMENTS) != ASLEEP, "the alarm counts it"
    assert needs_attention(clock.now())["unknown"] == 1


def test_instant_beyond_the_ceiling_counts_for_nothing(gated: None) -> None:
    store = gate.store()
    assert store.close(store.read().token, {"sweep": clock.now() + timedelta(days=900)})
    assert run(SWEEP) != ASLEEP
    assert run(SWEEP) == ASLEEP


def test_other_events_are_not_asked_for(gated: None, now: None) -> None:
    wait_until(close)
    assert run_gated({"command": DELIVERY}, Context(), lambda event, context: "ran") == "ran"
    assert run_gated(tick("config.operations.jobs.delete_old_rows"), Context(), lambda event, context: "ran") == "ran"
    assert run_gated({"httpMethod": "GET"}, Context(), lambda event, context: "ran") == "ran"
