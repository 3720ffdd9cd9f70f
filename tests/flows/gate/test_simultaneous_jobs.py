"""Jobs that the schedule starts in the same second: none hinders another, and together they close the gate."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock, gate
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.flows.gate.gated import ends_in, in_threads, run
from tests.support.gate import DELIVERY, PAYMENTS, SWEEP
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

MINUTE = timedelta(minutes=1)
JOBS = (SWEEP, DELIVERY, PAYMENTS)

RunTick = Callable[[], list[Any]]


@pytest.fixture
def run_tick(gated: None, provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch) -> RunTick:
    """Return a function that runs the three jobs at once, and returns their results.

    None begins before all have asked, and all are connected while each looks for writers.
    """
    together = threading.Barrier(len(JOBS), timeout=PATIENCE_SECONDS)
    is_closed, has_writers = gate.is_closed, gate._has_writers

    def ask(*arguments: Any) -> bool:
        closed = is_closed(*arguments)
        together.wait()
        return closed

    def look(session: BaseDatabaseWrapper) -> bool:
        session.ensure_connection()
        together.wait()
        found = has_writers(session)
        together.wait()
        return found

    def run_at_once() -> list[Any]:
        wait_until(lambda: not has_writers(connection))  # the server ends a session after its client has left
        connection.close()
        results: list[Any] = []
        with monkeypatch.context() as patch:
            patch.setattr(gate, "is_closed", ask)
            patch.setattr(gate, "_has_writers", look)
            in_threads(*(lambda job=job: results.append(run(job)) for job in JOBS))
        return results

    return run_at_once


def test_idle_jobs_of_one_second_close_the_gate(run_tick: RunTick, now: time_machine.Traveller) -> None:
    assert ASLEEP not in run_tick()
    assert gate.is_closed("sweep", clock.now())
    now.shift(MINUTE)
    assert run_tick() == [ASLEEP] * len(JOBS)


def test_jobs_of_one_second_end_what_is_due_tell_of_it_and_close_the_gate(
    run_tick: RunTick, now: time_machine.Traveller, aws: LocalAWS
) -> None:
    due = ends_in(-timedelta(hours=1))
    connection.close()

    assert ASLEEP not in run_tick()
    due.refresh_from_db()
    assert due.expired_at == clock.now()
    now.shift(MINUTE)
    run_tick()
    assert len(aws.mails()) == 1
    now.shift(MINUTE)
    run_tick()
    assert gate.is_closed("sweep", clock.now())
    now.shift(MINUTE)
    assert run_tick() == [ASLEEP] * len(JOBS)
