"""Course of an episode: setup, storm, recovery, judgement."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.postgresql import PostgreSQL
from notifications.models import Notification
from subscriptions.models import Subscription
from tests.proofs.chaos import audit
from tests.proofs.chaos.feedback import Feedback, Record, lambda_event
from tests.proofs.chaos.findings import Course, verdict_on
from tests.proofs.chaos.fleet import Fleet
from tests.proofs.chaos.interval import Interval
from tests.proofs.chaos.ledger import calls, faults_to_come
from tests.proofs.chaos.population import populate
from tests.proofs.chaos.program import Program
from tests.proofs.chaos.schedule import EventSchedule
from tests.proofs.chaos.storm import Storm, Theatre
from tests.proofs.chaos.verdict import Verdict
from tests.support.patience import PATIENCE_SECONDS

WORKERS = 4
START_SECONDS = float(PATIENCE_SECONDS)
STEP_SECONDS = 0.02
TICK_SECONDS = 0.15
"""Seconds between two events of the schedule."""
WEATHERED = 0.7
"""Share of mails sent before the storm may end."""
LOOK_SECONDS = 0.5
"""Seconds between two checks for completion."""
QUIET_SECONDS = 900.0
"""Seconds after the storm before rows count as stuck. A busy machine takes longer for everything."""
FEEDBACK_JOB = "notifications.jobs.handle_ses_feedback"
DELIVERY_JOB = "notifications.jobs.deliver_notifications"


@dataclass
class Play:
    """Episode; see `run`."""

    seed: int
    confirms: bool
    database: PostgreSQL
    ledger: Path
    log: Path
    job_errors: Counter[str] = field(default_factory=Counter, init=False)
    mails_seen: int = field(default=0, init=False)
    _settled_at: datetime | None = field(default=None, init=False)
    _tick: Interval = field(default_factory=lambda: Interval(TICK_SECONDS), init=False)
    _listen: Interval = field(default_factory=lambda: Interval(LOOK_SECONDS), init=False)

    def run(self, subscriptions: int, storm: timedelta) -> Verdict:
        """End this many subscriptions in a storm of that duration, and judge when all is quiet again."""
        self.ledger.touch()
        self._chance = random.Random(self.seed)
        self._looked_at = time.monotonic()
        self._schedule = EventSchedule(self._chance)
        self._feedback = Feedback(self._chance, self.confirms)
        audit.install()
        due = populate(subscriptions, clock.now(), storm, self._chance)
        connection.close()  # no connection outlives the storm
        with LocalAWS(topic_arn=settings.SNS_TOPIC_ARN, from_address=settings.SES_FROM_ADDRESS) as aws:
            proxy, port = self._start_proxy(aws)
            fleet = Fleet(WORKERS, variables={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}, log=self.log)
            try:
                struck = self._storm(Theatre(fleet, proxy, self.database), aws, storm, subscriptions)
                self._recover(fleet, proxy, aws, due)
            finally:
                fleet.end()
                proxy.end()
            return verdict_on(self._course(due, struck), aws)

    def _course(self, due: list[int], storm: Storm) -> Course:
        return Course(
            due=due,
            calls=list(calls(self.ledger)),
            disasters=storm.struck,
            job_errors=self.job_errors,
            confirms=self.confirms,
            late=self._feedback.late,
            settled_at=self._settled_at or clock.now(),
        )

    def _start_proxy(self, aws: LocalAWS) -> tuple[Program, str]:
        upstream = aws.url.removeprefix("http://")
        proxy = Program("tests.proofs.chaos.fault_proxy", upstream, str(self.seed), str(self.ledger), log=self.log)
        port = proxy.heard(START_SECONDS)
        if port is None:
            raise TimeoutError(f"the fault proxy did not start; see {self.log}")
        return proxy, port

    def _storm(self, theatre: Theatre, aws: LocalAWS, duration: timedelta, due: int) -> Storm:
        self._wait_until_ready(theatre.fleet)
        theatre.proxy.tell("each")
        theatre.proxy.tell("storm")
        storm = Storm(self._chance, duration)
        while not (storm.has_lasted_too_long or (storm.may_end and self._has_weathered(due))):
            storm.strike(theatre)
            self._step(theatre.fleet, aws)
        return storm

    def _has_weathered(self, due: int) -> bool:
        """Return True once most mails were sent during the storm and each fault occurred."""
        return self.mails_seen >= due * WEATHERED and not faults_to_come(calls(self.ledger))

    def _recover(self, fleet: Fleet, proxy: Program, aws: LocalAWS, due: list[int]) -> None:
        """Continue without faults until everything is done, or for QUIET_SECONDS."""
        proxy.tell("calm")
        quiet_at = time.monotonic() + QUIET_SECONDS
        look = Interval(LOOK_SECONDS)
        while time.monotonic() < quiet_at:
            self._step(fleet, aws)
            if look.is_due() and fleet.is_at_rest() and self._feedback.is_empty and not _unfinished(due):
                return
        self._deliver_once_more(fleet)

    def _deliver_once_more(self, fleet: Fleet) -> None:
        """Run a last delivery with everything else at rest: due rows that it does not process are stuck."""
        _rest(fleet)
        self._settled_at = clock.now()
        event = self._schedule.event_for(DELIVERY_JOB)
        fleet.invoke(fleet.workers[0], DELIVERY_JOB, event, partial(self._note, DELIVERY_JOB))
        _rest(fleet)

    def _wait_until_ready(self, fleet: Fleet) -> None:
        deadline = time.monotonic() + START_SECONDS
        while len(fleet.idle()) < WORKERS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the workers did not start; see {self.log}")
            fleet.attend()
            time.sleep(STEP_SECONDS)

    def _step(self, fleet: Fleet, aws: LocalAWS) -> None:
        """Run one step of the campaign."""
        fleet.attend()
        looked_before, self._looked_at = self._looked_at, time.monotonic()
        accepted = aws.mails(self.mails_seen)
        self.mails_seen += len(accepted)
        self._feedback.accept(accepted, after=looked_before)
        if self._listen.is_due():
            aws.events()  # a queue that nobody empties makes moto slower with each event
        if self._tick.is_due():
            self._schedule.fire()
        for worker in fleet.idle():
            if records := self._feedback.receive():
                fleet.invoke(worker, FEEDBACK_JOB, lambda_event(records), partial(self._fed_back, records))
            elif scheduled := self._schedule.take():
                fleet.invoke(worker, *scheduled, partial(self._done, *scheduled))
        time.sleep(STEP_SECONDS)

    def _fed_back(self, records: list[Record], answer: dict[str, Any] | None) -> None:
        self._note(FEEDBACK_JOB, answer)
        self._feedback.settle(records, answer)

    def _done(self, job: str, event: Any, answer: dict[str, Any] | None) -> None:
        self._note(job, answer)
        if answer is None or "raised" in answer:
            self._schedule.give_back(job, event)

    def _note(self, job: str, answer: dict[str, Any] | None) -> None:
        if answer is not None and "raised" in answer:
            self.job_errors[f"{job.rpartition('.')[2]}: {answer['raised']}"] += 1


def _rest(fleet: Fleet) -> None:
    """Wait until all running workers are done."""
    while not fleet.is_at_rest():
        fleet.attend()
        time.sleep(STEP_SECONDS)


def _unfinished(due: list[int]) -> bool:
    ended = Subscription.objects.filter(pk__in=due, status=Subscription.Status.EXPIRED)
    return ended.count() < len(due) or Notification.objects.filter(finished_at__isnull=True).exists()
