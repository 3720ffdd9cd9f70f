"""Deployed zip in the sandbox behind a gate that is closed: it connects to no database, and misses no heartbeat."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from config.aws_lambda.gated_jobs import ASLEEP
from foundation import local_clock
from foundation.gate_store import GateStore
from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.local.clock_server import ClockServer
from infra.packaging.zappa_stage import ZappaStage
from tests.flows.deployed_function import SECRET, fired, succeeded
from tests.support.deployment import VARIABLES
from tests.support.embedded_metric_format import problems
from tests.support.gate import DELIVERY, ERASURE, PAYMENTS, REMINDERS, SWEEP, TABLE, make_table
from tests.support.sleepy_proxy import SleepyProxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

MINUTE = timedelta(minutes=1)
MINUTES = 24 * 60 if "SLEEP_WHOLE" in os.environ else 60
"""An hour of the day that `make sleep` runs."""
NOT_ASKED = "gate not asked; the job runs"
HEARTBEATS = {SWEEP: "SubscriptionsExpired", DELIVERY: "OldestPending"}
JOBS = {SWEEP: 1, DELIVERY: 1, PAYMENTS: 1, REMINDERS: 60, ERASURE: 60}
"""Minutes between two ticks. The audit is left out: it wakes the database each night."""


@pytest.fixture
def proxy(aws: object) -> Iterator[SleepyProxy]:
    """Put a proxy between the function and the database, which counts connections."""
    database = urlsplit(os.environ["DATABASE_URL"])
    with SleepyProxy(database.hostname or "", database.port or 5432) as proxy:
        given = {
            "SECRET_KEY": VARIABLES["SECRET_KEY"],
            "DATABASE_URL": database._replace(netloc=f"{database.username}@127.0.0.1:{proxy.port}").geturl(),
        }
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(given))
        make_table()
        GateStore(TABLE, os.environ).open()  # as a deployment does
        yield proxy


@pytest.fixture
def gated_function(function: FunctionConfiguration, tmp_path: Path, settings: Any) -> Iterator[LambdaService]:
    """Return the function with a gate, by a clock that the test moves."""
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()
    with ClockServer() as clock:
        gate = {"GATE_TABLE": TABLE, "GATE_CEILING_HOURS": "48", "LOCAL_CLOCK": clock.url}
        gate |= {"PAYMENT_PROVIDER": "manual", "PAYMENT_INSTRUCTIONS": "Transfer it."}
        gated = replace(function, environment={**function.environment, **gate})
        with LambdaService([gated], concurrency=1) as service:
            yield service


def samples(result: InvocationResult) -> Iterator[str]:
    """Yield the name of each metric that the invocation's log has a sample of."""
    for line in result.log.splitlines():
        if '"_aws"' in line:
            document = json.loads(line)
            assert problems(document) == []
            yield from (metric["Name"] for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"])


def test_ticks_of_the_deployed_zip_make_no_connection_and_one_sample_each(
    proxy: SleepyProxy, gated_function: LambdaService, stage: ZappaStage
) -> None:
    connections = 0
    unanswered: list[str] = []

    def run(job: str) -> InvocationResult:
        """Run a tick, and another after one that a busy machine's store did not answer in time: it ran its job."""
        nonlocal connections
        before = proxy.connections
        result = gated_function.invoke(stage.lambda_name, fired(stage, job))
        if NOT_ASKED in result.log:
            proxy.settle()
            unanswered.append(next(line for line in result.log.splitlines() if NOT_ASKED in line))
            return run(job)
        connections += proxy.connections - before
        return result

    assert succeeded(run(SWEEP)) != ASLEEP
    proxy.settle()
    assert connections > 0
    connections, unanswered = 0, []
    ticks = 0
    counted: Counter[str] = Counter()
    for minute in range(MINUTES):
        local_clock.move_on(MINUTE)
        for job in (job for job, minutes in JOBS.items() if minute % minutes == 0):
            ticks += 1
            result = run(job)
            assert succeeded(result) == ASLEEP, job
            written = list(samples(result))
            assert written == ([HEARTBEATS[job]] if job in HEARTBEATS else [])
            counted.update(written)
    print(f"\n{ticks} ticks, {connections} connections, {len(unanswered)} not answered", *unanswered, sep="\n")  # noqa: T201 - the figures
    assert connections == 0
    assert len(unanswered) <= ticks / 100, "a store that a busy machine keeps waiting is the exception"
    assert counted == dict.fromkeys(HEARTBEATS.values(), MINUTES)
