"""Database that really sleeps, seen from outside: who connects, how late an end is, and how long it is awake."""

import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from foundation import clock, gate
from infra.lambda_local.emulator.local_aws import LocalAWS
from subscriptions.access.managed_groups import restore_groups
from subscriptions.errors import SubscriptionError
from subscriptions.models import Subscription, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate.gated import invoke
from tests.support.factories import NOW, make_due, make_plan
from tests.support.gate import DELIVERY, SWEEP, Context, gate_on, make_table, read_item, tick
from tests.support.sleepy_proxy import SleepyProxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LATEST = timedelta(seconds=2)
SUBSCRIPTIONS, VISITS = 100, 30
PERIOD = 15 * DAY
"""Half a month at the density of 200 subscriptions per month, and visits that change them."""


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def resumes() -> list[timedelta]:
    """Return the time that the database takes to resume, which a test may change."""
    return [timedelta(seconds=15)]


@pytest.fixture
def proxy(
    transactional_db: None, aws: LocalAWS, settings: Any, now: time_machine.Traveller, resumes: list[timedelta]
) -> Iterator[SleepyProxy]:
    """Put the proxy between this process and its database, with the gate on."""
    make_table()
    restore_groups()
    connection.close()
    parameters = connection.settings_dict
    host, port = parameters["HOST"], parameters["PORT"]
    with SleepyProxy(host, int(port), lambda: now.shift(resumes[0])) as proxy, gate_on(settings):
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


@pytest.mark.parametrize(("seconds", "ahead"), [(15, 75)])
def test_half_a_month_of_random_subscriptions_ends_each_within_two_seconds(
    seconds: int, ahead: int, proxy: SleepyProxy, now: time_machine.Traveller, resumes: list[timedelta], settings: Any
) -> None:
    resumes[0] = timedelta(seconds=seconds)
    settings.GATE_AHEAD = timedelta(seconds=ahead)
    chance = random.Random(seconds)
    plan = make_plan(reminder_days=[])
    for _number in range(SUBSCRIPTIONS):
        make_due(plan, 1, end=NOW + chance.random() * PERIOD)
    connection.close()

    def wait(seconds: float) -> None:
        proxy.settle()
        now.shift(timedelta(seconds=seconds))

    visits = sorted(NOW + chance.random() * PERIOD for _number in range(VISITS))
    while clock.now() < NOW + PERIOD + DAY:
        next_tick = _next_open_tick(clock.now())
        while visits and visits[0] <= next_tick:
            now.move_to(max(clock.now(), visits.pop(0)))
            _visit(chance)
            proxy.settle()
        now.move_to(max(clock.now(), next_tick))
        for job in (DELIVERY, SWEEP):
            run_gated(tick(job), Context(), invoke, sleep=wait)
            proxy.settle()
    expired = [row for row in Subscription.objects.all() if row.expired_at and row.end_date < NOW + PERIOD]
    late = max((row.expired_at or row.end_date) - row.access_end for row in expired)
    print(f"\nlatest {late}, awake {proxy.awake}, {proxy.wakes} wakes, {SweepRun.objects.count()} sweeps")  # noqa: T201
    assert len(expired) > SUBSCRIPTIONS / 2
    assert late <= LATEST
    assert not Subscription.objects.due(clock.now() - MINUTE).exists()
    assert proxy.awake < (SUBSCRIPTIONS + VISITS + 2 * PERIOD.days) * timedelta(seconds=480)


def _next_open_tick(now: datetime) -> datetime:
    """Return the next tick that is not told to sleep: the ticks before it make no connection (see above)."""
    opens = read_item().markers.get("sweep", now) - settings.GATE_AHEAD
    earliest = max(now, opens)
    minutes = -(-(earliest - NOW) // MINUTE)
    following = NOW + minutes * MINUTE
    return following if following > now else following + MINUTE


def _visit(chance: random.Random) -> None:
    """Renew, cancel or resume a random subscription, as a request does."""
    row = chance.choice(list(Subscription.objects.all()))
    action: Any = chance.choice([Service.renew_subscription, Service.cancel_subscription, Service.cancel_now])
    try:
        action(row, now=clock.now())
    except SubscriptionError:
        pass
    finally:
        connection.close()
