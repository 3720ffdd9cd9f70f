"""Deployed zip, run as by Lambda, with failures: errors, time limit, secret, start."""

import json
import os
import threading
from dataclasses import replace

import pytest
from django.db import connection, transaction

from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.packaging.zappa_stage import ZappaStage
from subscriptions.models import Subscription, SubscriptionEvent
from tests.flows.deployed_function import QUICK, SWEEP, Letters, create_secret, fired, succeeded
from tests.infra.lambda_local.sandbox.impatience import give_up_when
from tests.support.deployment import VARIABLES
from tests.support.locks import wait_until_blocked
from tests.support.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.mark.usefixtures("secret")
def test_job_that_raises_is_retried_and_ends_in_the_dead_letter_queue(
    due: Subscription, dead_letters: Letters, function: FunctionConfiguration, stage: ZappaStage
) -> None:
    attempts: list[InvocationResult] = []
    event = fired(stage, SWEEP)
    with LambdaService([function], retry_delays=QUICK, listener=lambda _, result: attempts.append(result)) as service:
        with renamed("subscriptions_sweeprun"):
            service.invoke_async(stage.lambda_name, event).result(PATIENCE_SECONDS)
        summary = succeeded(service.invoke_async(stage.lambda_name, fired(stage, SWEEP)).result(PATIENCE_SECONDS))

    failed = attempts[:3]
    assert [attempt.error and attempt.error["errorType"] for attempt in failed] == ["ProgrammingError"] * 3
    assert len({attempt.request_id for attempt in failed}) == 1
    (letter,) = dead_letters()
    assert json.loads(letter["Body"]) == event
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == failed[0].request_id
    assert "subscriptions_sweeprun" in letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert summary["expired"] == 1


class renamed:  # noqa: N801 - reads as a verb
    """Context manager that hides a table."""

    def __init__(self, table: str) -> None:
        self.table = table

    def __enter__(self) -> None:
        self._rename(self.table, f"{self.table}_away")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self.table}_away", self.table)

    def _rename(self, name: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name} RENAME TO {new}")


@pytest.mark.usefixtures("secret")
def test_job_over_its_time_is_killed_and_the_next_one_finishes_its_work(
    due: Subscription, dead_letters: Letters, function: FunctionConfiguration, stage: ZappaStage
) -> None:
    time_is_over = threading.Event()
    with LambdaService([replace(function, retries=0)], receive=give_up_when(time_is_over.is_set)) as service:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE subscriptions_subscriptionevent IN ACCESS EXCLUSIVE MODE")
            sweep = service.invoke_async(stage.lambda_name, fired(stage, SWEEP))
            wait_until_blocked()
            time_is_over.set()
            killed = sweep.result(PATIENCE_SECONDS)
        time_is_over.clear()
        summary = succeeded(service.invoke_async(stage.lambda_name, fired(stage, SWEEP)).result(PATIENCE_SECONDS))

    assert killed.error is not None
    assert killed.error["errorType"] == "Sandbox.Timedout"
    assert len(dead_letters()) == 1
    due.refresh_from_db()
    assert (due.status, summary["failed"], summary["remaining"]) == ("expired", 0, 0)
    assert SubscriptionEvent.objects.filter(transition="expired").count() == 1


def test_start_that_failed_for_want_of_its_secret_recovers_by_itself(
    due: Subscription, dead_letters: Letters, function: FunctionConfiguration, stage: ZappaStage
) -> None:
    attempts: list[InvocationResult] = []

    def provide(_: FunctionConfiguration, result: InvocationResult) -> None:
        attempts.append(result)
        if len(attempts) == 1:
            create_secret()

    with LambdaService([function], retry_delays=QUICK, listener=provide) as service:
        summary = succeeded(service.invoke_async(stage.lambda_name, fired(stage, SWEEP)).result(PATIENCE_SECONDS))

    assert [attempt.error and attempt.error["errorType"] for attempt in attempts] == ["UnusableSecret", None]
    assert summary["expired"] == 1
    assert dead_letters() == []


@pytest.mark.usefixtures("due", "secret")
def test_cold_start_writes_no_error_and_no_secret(function: FunctionConfiguration) -> None:
    with function.sandbox() as sandbox:
        result = sandbox.invoke({"manage": "check"})

    assert succeeded(result) == {}
    assert '"level": "ERROR"' not in result.log
    assert VARIABLES["SECRET_KEY"] not in result.log
    assert os.environ["DATABASE_URL"] not in result.log
