"""Stage whose database sleeps, run by its schedule and by visitors; ticks that are told to sleep are left out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.conf import settings
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

from config.aws_lambda.gated_jobs import run_gated
from foundation import clock
from foundation.due_work import work_of
from infra.lambda_local.eventbridge.schedule_clock import next_time
from infra.packaging.zappa_stage import load_stage
from tests.support.factories import NOW
from tests.support.gate import SWEEP, Context, read_item, tick
from tests.support.sleepy_proxy import SleepyProxy

Visit = tuple[datetime, Callable[[], object]]

SCHEDULE = {schedule.function: schedule.expression for schedule in load_stage("dev").schedules}
"""Expressions of zappa_settings.json."""
JOBS = sorted(SCHEDULE, key=lambda job: job == SWEEP)  # the sweep waits for ends, and the other jobs do not wait for it


def run_job(event: dict[str, Any], context: Any) -> Any:
    """Run the job that the rule names, as Zappa does."""
    return import_string(event["resources"][0].rpartition("-")[2])(event, context)


@dataclass
class Resuming:
    """Database that resumes by a clock that is moved; jobs give up after their connect seconds, visits do not."""

    now: time_machine.Traveller
    takes: timedelta = timedelta(seconds=15)
    jobs_began: datetime | None = None
    """Instant at which the jobs of a tick began, which connect at once; None during a visit."""
    _ready: datetime | None = None

    def __call__(self) -> bool:
        """Move the clock until the database is there, or whoever connects gives up; then return False."""
        ready = self._ready or clock.now() + self.takes
        gives_up = self.jobs_began and self.jobs_began + timedelta(seconds=settings.DATABASE_CONNECT_SECONDS)
        is_there = gives_up is None or ready <= gives_up
        self._ready = None if is_there else ready
        self.now.move_to(max(clock.now(), ready if gives_up is None else min(ready, gives_up)))
        return is_there


@dataclass
class SleepingStage:
    """Stage behind a proxy that sleeps; its clock is moved."""

    proxy: SleepyProxy
    now: time_machine.Traveller
    resuming: Resuming
    ticks: int = 0
    """Ticks at which a job ran."""
    failures: int = 0
    """Jobs that got no connection in time."""
    _last: datetime = field(default=NOW - timedelta(minutes=1))

    def run(self, until: datetime, visits: Iterable[Visit]) -> None:
        """Run the schedule and the visits, each at its instant."""
        for instant, visit in sorted(visits, key=lambda visit: visit[0]):
            self._run_ticks(instant, JOBS)
            self._move_to(instant)
            self.resuming.jobs_began = None
            visit()
            connection.close()
        self._run_ticks(until, JOBS)

    def _run_ticks(self, until: datetime, jobs: list[str]) -> None:
        """Run the ticks up to the instant, at which one of the jobs is not told to sleep."""
        while (following := min(self._next_tick(job) for job in jobs)) <= until:
            self._last = following
            self._move_to(following)
            self.ticks += 1
            self.resuming.jobs_began = clock.now()
            for job in jobs:
                if next_time(SCHEDULE[job], NOW, following - timedelta(seconds=1)) == following:
                    self._run_job(job)
                    self.proxy.settle()

    def _run_job(self, job: str) -> None:
        try:
            run_gated(tick(job), Context(), run_job, sleep=self._wait)
        except OperationalError:
            self.failures += 1

    def _next_tick(self, job: str) -> datetime:
        work = work_of(job)
        opens = self._last
        if work and work.marker and (marker := read_item().markers.get(work.marker)):
            opens = max(opens, marker - settings.GATE_AHEAD - timedelta(seconds=1))
        following = next_time(SCHEDULE[job], NOW, opens)
        assert following is not None
        return following

    def _wait(self, seconds: float) -> None:
        """Let the sweep wait, while the ticks of the other jobs go on."""
        until = clock.now() + timedelta(seconds=seconds)
        self._run_ticks(until, JOBS[:-1])
        self._move_to(until)

    def _move_to(self, instant: datetime) -> None:
        self.proxy.settle()
        self.now.move_to(max(clock.now(), instant))
