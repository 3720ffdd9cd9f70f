"""Ends that come while a sweep works, or beside a row that it cannot expire: within two seconds all the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet

from config.aws_lambda import gated_jobs
from config.aws_lambda.gated_jobs import run_gated
from subscriptions.models import Subscription
from subscriptions.sweep import Sweep
from tests.flows.gate.gated import ends_in, invoke
from tests.support.gate import SWEEP, Context, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

SECOND = timedelta(seconds=1)
WORK = 0.6 * SECOND
"""Time that each job takes."""
LATEST = 2 * SECOND


@pytest.fixture
def run_tick(gated: None, now: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[float]]:
    """Return a function that runs a tick of the sweep, whose jobs take time, and returns how long it waited."""

    def taking_time(job: Callable[..., Any]) -> Callable[..., Any]:
        def work(event: Any, context: Any) -> Any:
            answer = job(event, context)
            now.shift(WORK)
            return answer

        return work

    def run() -> list[float]:
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            now.shift(seconds * SECOND)

        run_gated(tick(SWEEP), Context(), taking_time(invoke), sleep=sleep)
        return waits

    for job in ("check_expired_subscriptions", "deliver_notifications"):
        monkeypatch.setattr(gated_jobs, job, taking_time(getattr(gated_jobs, job)))
    return run


def late(subscription: Subscription) -> timedelta:
    subscription.refresh_from_db()
    assert subscription.expired_at is not None
    return subscription.expired_at - subscription.end_date


def test_end_that_comes_while_the_tick_works_is_swept_at_once(run_tick: Callable[[], list[float]]) -> None:
    soon = ends_in(0.3 * SECOND)
    assert run_tick() == []
    assert late(soon) <= LATEST


def test_ends_close_together_are_all_swept(run_tick: Callable[[], list[float]]) -> None:
    ends = [ends_in(seconds * SECOND) for seconds in (20, 20.5, 21, 40)]
    waits = run_tick()
    assert max(late(subscription) for subscription in ends) <= LATEST
    assert sum(waits) < 40


def test_row_that_stays_due_stops_nobody_else_s_end(
    run_tick: Callable[[], list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    expire, bad = Sweep._expire, ends_in(-3600 * SECOND)

    def expire_others(sweep: Sweep, rows: QuerySet[Subscription], *arguments: Any) -> Any:
        return expire(sweep, rows.exclude(pk=bad.pk), *arguments)  # type: ignore[arg-type] # the same queryset

    monkeypatch.setattr(Sweep, "_expire", expire_others)  # as if the row were locked, or failed
    others = [ends_in(seconds * SECOND) for seconds in (20, 50)]
    assert len(run_tick()) == 2
    assert max(late(subscription) for subscription in others) <= LATEST
    bad.refresh_from_db()
    assert bad.expired_at is None


def test_sweeps_of_a_busy_minute_come_to_an_end(run_tick: Callable[[], list[float]]) -> None:
    ends = [ends_in((number + 1) * 0.5 * SECOND) for number in range(120)]
    run_tick()
    assert max(late(subscription) for subscription in ends) <= LATEST
