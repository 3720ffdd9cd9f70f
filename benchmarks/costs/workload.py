"""Monthly quantities per service. Measured numbers say so; the others are assumptions, to be changed here."""

import math
from dataclasses import dataclass

from benchmarks.costs import operations, prices, sleep
from benchmarks.costs.measured import measured
from benchmarks.costs.operations import (
    ANSWER_KILOBYTES,
    FEEDBACK,
    FEEDBACK_AT_ONCE,
    LOG_KILOBYTES,
    MEMORY_MEGABYTES,
    PAGE_KILOBYTES,
    TRANSITION_ACCESSES,
)
from benchmarks.costs.prices import Price

HOURS = 730  # in a month
MEMORY_GIGABYTES = MEMORY_MEGABYTES / 1024

EVENTS = 1.2
"""Events per subscriber and month: a monthly plan that is always renewed, and sometimes cancelled or resumed."""
REMINDERS = 1.5
"""Reminders per subscriber and month: one week before the end, and for half of them on the last day too."""
ENDS = 0.25
"""Ends per subscriber and month that come by themselves: in the month of `make sleep`, three quarters are renewed."""
PAGES = 6
"""Requests per subscriber and month."""
JOB_SECONDS = 0.15
"""Duration of a sweep or delivery without work: a few queries with a round trip each."""
WAIT_SECONDS = 30
"""Mean time that a sweep behind the gate waits for an end within its minute (config.aws_lambda.gated_jobs.AWAITED)."""
POLLS = 5 * 3 * 60 * HOURS
"""Polls of an idle queue per month: Lambda runs five long polls of 20 s in parallel."""
COLD_STARTS = 3_000  # per month; each reads the secret once
FEEDBACK_DAYS = 90
"""FEEDBACK_KEPT_DAYS; a test compares both."""
ACCESSES_OF_A_JOB = 2  # the row of the sweep; other reads of idle jobs are cached
SUBSCRIBERS_OF_A_UNIT = 1_000_000
"""Subscribers whose indexes and recent rows fit into the 2 GiB of one capacity unit."""
SMALLEST_CAPACITY = 0.5

RESUME_SECONDS = 15
IDLE_SESSION_SECONDS = 90
SLEEP_AFTER_SECONDS = 300
"""Values in data.yaml. Aurora counts from the end of the last connection."""

JOBS = 3
"""Jobs that run at every tick of the schedule."""
HOURLY_JOBS = 2 + 6
"""Runs per hour of jobs with their own schedule: reminders, erasures, and the access audit every ten minutes."""
HEARTBEATS = 2
METRICS = 22
"""Heartbeats and metrics of all our apps. Each is charged for the hours in which it is written."""
METRICS_OF_PAYMENTS = 1
"""The metric that is written with a provider only; without the gate in each minute."""
ALARMS = 18
"""Metrics watched by the alarms in messaging.yaml, each of which is charged; a test counts them."""
ALARMS_OF_PAYMENTS = 1
"""The alarm that is there with TakesPayments."""
ALARMS_OF_AN_INSTANCE = 1
"""The alarm of data.yaml with Engine=instance."""
OPENINGS, ATTEMPTS = 0.75, 1.35
"""Openings of renewal orders and attempts per subscriber and month: 2.1 together, as `make sleep` counted in its month.

Three quarters of its subscriptions renew by themselves, and half of those are declined at first. Each attempt is told
by an event.
"""
ATTEMPT_SECONDS = 0.086
"""Time of the function per attempt: 1,000 renewals take 86 s (docs/performance.md)."""
WEBHOOKS = 2 * ATTEMPTS
"""Messages of the provider per subscriber and month: one when an attempt begins, one for its outcome; assumed.

Each is a request that is assumed to cost what subscribing by the API does.
"""
ENDPOINTS_AND_ZONES = 4 * 2
"""VPC endpoints in data.yaml with WayOut=endpoints, times zones."""

Quantities = dict[Price, float]


def stored_bytes() -> float:
    """Return the bytes per subscriber with indexes: account, one year of history, and feedback of FEEDBACK_DAYS."""
    figures = measured()
    standing = sum(figures[name].value for name in ("user", "membership", "subscription"))
    history = EVENTS * figures["event"].value + (2 * EVENTS + REMINDERS) * figures["notification"].value
    heard = (EVENTS + REMINDERS) * FEEDBACK * figures["SES event"].value
    return standing + 12 * history + 12 * heard * FEEDBACK_DAYS / 365


@dataclass(frozen=True)
class Workload:
    """Workload of a month. `minutes` is the interval of the schedule; with a gate only due jobs open the database."""

    subscribers: int = 0
    minutes: float = 1
    gate: bool = False
    takes_payments: bool = True

    @property
    def events(self) -> float:
        """Transitions, and so published events."""
        return self.subscribers * EVENTS

    @property
    def mails(self) -> float:
        """One mail per transition, and the reminders."""
        return self.events + self.subscribers * REMINDERS

    @property
    def attempts(self) -> float:
        """Attempts to charge, and so published events of payments."""
        return self.subscribers * ATTEMPTS if self.takes_payments else 0

    @property
    def webhooks(self) -> float:
        """Requests of the provider."""
        return self.subscribers * WEBHOOKS if self.takes_payments else 0

    @property
    def runs(self) -> float:
        """Runs of each job."""
        return HOURS * 60 / self.minutes

    def quantities(self) -> Quantities:
        """Return the billed quantities, in each price's unit."""
        requests = self.subscribers * PAGES
        feedback = self.mails * FEEDBACK / FEEDBACK_AT_ONCE  # invocations
        invocations = self.runs * JOBS + HOURS * HOURLY_JOBS + requests + self.webhooks + feedback
        return {
            prices.LAMBDA_REQUEST: invocations,
            prices.LAMBDA_SECOND: self._seconds(requests) * MEMORY_GIGABYTES,
            prices.API_REQUEST: requests + self.webhooks,
            prices.SES_MAIL: self.mails,
            prices.SNS_PUBLISH: self.events + self.attempts + self.mails * FEEDBACK,
            prices.SQS_REQUEST: POLLS + 2 * feedback,
            prices.LOG_GIGABYTE: invocations * LOG_KILOBYTES / 1e6,
            prices.METRIC: self._metrics(),
            prices.ALARM: ALARMS if self.takes_payments else ALARMS - ALARMS_OF_PAYMENTS,
            prices.GATE_WRITE: self._gate_writes(),
            prices.DASHBOARD: 1,
            prices.SECRET: 1,
            prices.SECRET_CALL: COLD_STARTS,
            prices.CAPACITY_HOUR: self.capacity_hours(),
            prices.STORAGE_GIGABYTE: 1 + self.subscribers * stored_bytes() / 1e9,
            prices.STORAGE_ACCESS: self._changes() * TRANSITION_ACCESSES + self._accesses_of_jobs(),
            prices.EGRESS_GIGABYTE: (requests * PAGE_KILOBYTES + self.webhooks * ANSWER_KILOBYTES) / 1e6,
        }

    def capacity_hours(self) -> float:
        """Return the database's capacity unit-hours.

        An idle database is awake from a job until its connection is closed and the pause has passed. Users keep it
        awake.
        """
        capacity = max(SMALLEST_CAPACITY, self.subscribers / SUBSCRIBERS_OF_A_UNIT)
        if self.gate:
            return capacity * sleep.awake_hours(self.subscribers * PAGES, self._work())
        awake_after_a_job = RESUME_SECONDS + IDLE_SESSION_SECONDS + SLEEP_AFTER_SECONDS
        share = min(1.0, awake_after_a_job / (self.minutes * 60))
        return capacity * sleep.scheduled_hours(self.subscribers * PAGES, share)

    def _work(self) -> float:
        """Return the instants at which a job has work."""
        return self.subscribers * (EVENTS + REMINDERS + (OPENINGS if self.takes_payments else 0)) + self.attempts

    def _metrics(self) -> int:
        """Return the metrics that are written in an hour."""
        without_payments = METRICS - METRICS_OF_PAYMENTS if self.subscribers else HEARTBEATS
        return without_payments + (METRICS_OF_PAYMENTS if self.takes_payments else 0)

    def _changes(self) -> float:
        """Return the transitions, attempts and webhooks, each of which writes rows."""
        return self.events + self.attempts + self.webhooks

    def _wakes(self) -> float:
        """Return the instants at which somebody or something needs the database, each by itself."""
        return self.subscribers * PAGES + self._work() + sleep.NIGHTS

    def _gate_writes(self) -> float:
        """Return the questions of jobs, and an opening and two closings for each wake and each webhook.

        A webhook wakes nothing by itself: it follows an attempt, which keeps the database awake.
        """
        if not self.gate:
            return 0
        asking = self.runs * (JOBS if self.takes_payments else JOBS - 1) + HOURS * HOURLY_JOBS
        return asking + 3 * (self._wakes() + self.webhooks)

    def _awaiting_seconds(self) -> float:
        """Return the time in which sweeps wait for ends: those of one minute are awaited together."""
        if not self.gate:
            return 0
        return self.runs * -math.expm1(-self.subscribers * ENDS / self.runs) * WAIT_SECONDS

    def _accesses_of_jobs(self) -> float:
        runs = self._wakes() if self.gate else self.runs
        return runs * JOBS * ACCESSES_OF_A_JOB

    def _seconds(self, requests: float) -> float:
        jobs = (self.runs * JOBS + HOURS * HOURLY_JOBS) * JOB_SECONDS + self.events * operations.sweep().seconds()
        sent = self.mails * operations.mail().seconds() + self.events * operations.event().seconds()
        heard = self.mails * operations.feedback().seconds()
        pages = requests * operations.request("plans", PAGE_KILOBYTES).seconds()
        told = self.webhooks * operations.request("API POST subscribe", ANSWER_KILOBYTES).seconds()
        return jobs + sent + heard + pages + told + self.attempts * ATTEMPT_SECONDS + self._awaiting_seconds()
