"""Database that really sleeps, seen from outside: who connects, how late an end is, and how long it is awake."""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from benchmarks.costs.sleep import HOURS, awake_hours
from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from foundation import clock, gate
from infra.deployment.stage_values import RESUME_PATIENCE
from infra.lambda_local.emulator.local_aws import LocalAWS
from payments.models import Order, OrderState
from subscriptions.access.managed_groups import restore_groups
from subscriptions.models import AccessAuditRun, Subscription
from tests.flows.gate import lateness
from tests.flows.gate.gated import invoke
from tests.flows.gate.month import SAMPLE, WHOLE, Month
from tests.flows.gate.sleeping_stage import Resuming, SleepingStage
from tests.support.factories import NOW, make_due, make_plan
from tests.support.gate import DELIVERY, SWEEP, Context, gate_on, make_table, tick
from tests.support.ledger_provider import LedgerProvider
from tests.support.sleepy_proxy import SleepyProxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LATEST = timedelta(seconds=2)
WAKES = [(15, 75, 25), (30, 75, 25), (30, 75, 40), (30, 90, 40)]
"""Seconds: to resume, of GATE_AHEAD_SECONDS and of DATABASE_CONNECT_SECONDS."""
SIZE = WHOLE if "SLEEP_WHOLE" in os.environ else SAMPLE
"""`make sleep` runs the whole month."""


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def resuming(now: time_machine.Traveller) -> Resuming:
    return Resuming(now)


@pytest.fixture
def stage(proxy: SleepyProxy, now: time_machine.Traveller, resuming: Resuming) -> SleepingStage:
    return SleepingStage(proxy, now, resuming)


@pytest.fixture
def proxy(transactional_db: None, aws: LocalAWS, settings: Any, resuming: Resuming) -> Iterator[SleepyProxy]:
    """Put the proxy between this process and its database, with the gate on."""
    make_table()
    restore_groups()
    connection.close()
    parameters = connection.settings_dict
    host, port = parameters["HOST"], parameters["PORT"]
    with SleepyProxy(host, int(port), resuming) as proxy, gate_on(settings):
        gate.open_gate()  # as a deployment does
        parameters.update(HOST="127.0.0.1", PORT=str(proxy.port))
        try:
            yield proxy
        finally:
            connection.close()
            parameters.update(HOST=host, PORT=port)


def test_day_of_ticks_with_a_closed_gate_makes_no_connection_and_misses_no_heartbeat(
    proxy: SleepyProxy, now: time_machine.Traveller, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.GATE_CEILING = 2 * DAY
    assert gate.close_gate(clock.now())
    before = proxy.connections
    caplog.set_level(logging.INFO, "foundation.jobs.metrics")
    samples: Counter[str] = Counter()
    for minute in range(24 * 60):
        now.move_to(NOW + minute * MINUTE)
        assert run_gated(tick(SWEEP), Context(), invoke) == ASLEEP
        assert run_gated(tick(DELIVERY), Context(), invoke) == ASLEEP
        for record in caplog.records:
            line: Any = record.msg
            samples.update(metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"])
            json.dumps(line)
        caplog.clear()
    assert proxy.connections == before
    assert samples == {"SubscriptionsExpired": 24 * 60, "OldestPending": 24 * 60}


@pytest.mark.parametrize(("seconds", "ahead"), [(15, 75), (30, 90)])
def test_random_subscriptions_are_on_time_whatever_the_database_takes_to_resume(
    seconds: int, ahead: int, stage: SleepingStage, settings: Any, provider: LedgerProvider
) -> None:
    """Each end within two seconds, each opening and attempt within the minute, and nobody is charged twice."""
    stage.resuming.takes = timedelta(seconds=seconds)
    settings.GATE_AHEAD, settings.DATABASE_CONNECT_SECONDS = timedelta(seconds=ahead), int(RESUME_PATIENCE)
    visits = Month(make_plan(reminder_days=[7]), SIZE, seed=seconds).populate()
    connection.close()
    stage.run(NOW + SIZE.length, visits)
    hours, work = stage.proxy.awake / HOUR, lateness.wakes()
    late = {"ends": lateness.ends(), "openings": lateness.openings(NOW), "attempts": lateness.attempts()}
    print(  # noqa: T201 - figures of docs/cost.md
        f"\n{seconds} s to resume, {SIZE.length.days} days: {len(visits)} visits, {work} instants of work,",
        f"{hours:.1f} h awake, {stage.proxy.wakes} times, {stage.ticks} ticks,",
        ", ".join(f"{len(all_)} {name} at most {max(all_)} late" for name, all_ in late.items()),
    )
    assert stage.failures == 0
    assert max(late["ends"]) <= LATEST
    assert max(*late["openings"], *late["attempts"]) <= MINUTE
    assert lateness.missed(clock.now() - MINUTE) == []
    assert not Subscription.objects.due(clock.now() - MINUTE).exists()
    paid = Order.objects.filter(state=OrderState.PAID).values_list("pk", flat=True)
    assert sorted(order for order, _reference in provider.successes()) == sorted(paid)
    share = SIZE.length / timedelta(hours=HOURS)
    assert hours == pytest.approx(awake_hours(len(visits) / share, work / share) * share, rel=SIZE.tolerance)


@pytest.mark.parametrize(("resumes", "ahead", "connect"), WAKES)
def test_end_is_as_late_as_the_enumeration_says(
    resumes: int, ahead: int, connect: int, stage: SleepingStage, settings: Any
) -> None:
    stage.resuming.takes = timedelta(seconds=resumes)
    settings.GATE_AHEAD, settings.DATABASE_CONNECT_SECONDS = timedelta(seconds=ahead), connect
    firsts = [ahead - 59, ahead - 30, ahead]
    for hours, first in enumerate(firsts, 1):
        make_due(make_plan(), 1, end=NOW + hours * HOUR + timedelta(seconds=first))
    connection.close()
    stage.run(NOW + (len(firsts) + 1) * HOUR, [])
    expected = [lateness.of_an_end(first, resumes, connect) for first in firsts]
    assert sorted(round(late / SECOND) for late in lateness.ends()) == sorted(expected)
    assert bool(stage.failures) == (resumes > connect)


@pytest.mark.parametrize("hour", [0, 9])
def test_idle_service_wakes_once_a_night_whenever_it_was_deployed(
    hour: int, stage: SleepingStage, now: time_machine.Traveller
) -> None:
    """The formula of docs/cost.md takes one wake a night for all nightly work."""
    begun = NOW + hour * HOUR
    AccessAuditRun.objects.create(started_at=begun - DAY, finished_at=begun - DAY, complete=True)
    connection.close()
    now.move_to(NOW - MINUTE)
    assert gate.close_gate(clock.now())
    days = 4
    stage.run(NOW + days * DAY, [])
    assert stage.proxy.wakes <= days + 1
    assert stage.proxy.awake / HOUR * HOURS / (24 * days) <= awake_hours(0) * (days + 1) / days + 0.2
