"""Run minutes of the schedule on the empty database of `DATABASE_URL`: `... tick.run MINUTES [--count]`.

Mail, events and the gate go to AWS_ENDPOINT_URL. Prints the figures of each kind of minute as JSON. With `--count` no
time is measured.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.local_django import set_up_local_django
from benchmarks.meter import cpu_of

TABLE = "subs-benchmark-gate"
SWEEP, DELIVERY = "subscriptions.jobs.check_expired_subscriptions", "notifications.jobs.deliver_notifications"
PAYMENTS = "payments.jobs.process_payments"
JOBS = (SWEEP, DELIVERY)
WITH_PAYMENTS = (*JOBS, PAYMENTS)
WARM_UP = 10
WRITING = ("INSERT", "UPDATE", "DELETE")
MILLISECONDS = 1000
DAYS = 30

Run = Callable[[str], object]
"""Run a job by its dotted name, as the handler does on the event of its schedule."""


class Context:
    """Context of an invocation with five minutes left."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


class LogSize(logging.Handler):
    """Handler that counts the bytes of each line, as the function's own formatter writes it."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.bytes = 0

    def emit(self, record: logging.LogRecord) -> None:
        record.request_id = Context.aws_request_id
        self.bytes += len(self.format(record).encode()) + 1


class Backends:
    """CPU seconds of PostgreSQL's backends, read before each connection is closed: behind the gate a job closes two."""

    def __init__(self) -> None:
        from django.db import DEFAULT_DB_ALIAS, connections  # noqa: PLC0415 - needs the settings

        self.seconds = 0.0
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._close = self._connection.close
        self._connection.close = self.close  # type: ignore[method-assign]

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._connection.connection is not None:
            self.seconds += cpu_of(self._connection.connection.info.backend_pid)
        self._close()


class Minutes:
    """Figures of minutes of one kind. `prepare` makes the work of a minute, which is not measured."""

    def __init__(
        self, run: Run, log: LogSize, backends: Backends, prepare: Callable[[], object], jobs: Sequence[str] = JOBS
    ) -> None:
        self._run = run
        self._log = log
        self._backends = backends
        self._prepare = prepare
        self._jobs = jobs

    def measured(self, minutes: int) -> dict[str, float]:
        """Return the CPU of this process and of PostgreSQL per minute, in ms."""
        for _ in range(WARM_UP):
            self._prepare()
            self._minute()
        client = backend = 0.0
        for _ in range(minutes):
            self._prepare()
            began = time.process_time()
            backend += self._minute()
            client += time.process_time() - began
        return {"cpu": client / minutes * MILLISECONDS, "backend": backend / minutes * MILLISECONDS}

    def counted(self) -> dict[str, float]:
        """Return the statements of one minute, those of the delivery that write, and the bytes of log."""
        self._minute()
        self._prepare()
        before = self._log.bytes
        statements = {job: self._statements(job) for job in self._jobs}
        writes = [sql for sql in statements[DELIVERY] if sql.lstrip().startswith(WRITING)]
        return {
            "queries": sum(map(len, statements.values())),
            "writes": len(writes),
            "log": self._log.bytes - before,
        }

    def _minute(self) -> float:
        """Run the jobs, each with a connection of its own. Return the CPU seconds of their backends."""
        before = self._backends.seconds
        for job in self._jobs:
            self._run(job)
            self._backends.close()
        return self._backends.seconds - before

    def _statements(self, job: str) -> list[str]:
        from django.db import connection  # noqa: PLC0415 - needs the settings
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        with CaptureQueriesContext(connection) as captured:
            self._run(job)
        found = [query["sql"] for query in captured.captured_queries]
        connection.close()
        return found


def main(minutes: int, *, counted: bool) -> None:
    """Set up, measure and count each kind of minute, print."""
    set_up_local_django()
    # Imported late: these load models.
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    log = _count_log()
    from foundation.gate import open_gate  # noqa: PLC0415

    idle, run_gated = _jobs()
    make = partial(Minutes, log=log, backends=Backends())
    kinds = {
        "idle": (make(idle, prepare=_nothing), _nothing),
        "busy": (make(idle, prepare=_end_a_subscription), _nothing),
        "idle, payments": (make(idle, prepare=_nothing, jobs=WITH_PAYMENTS), _take_payments),
        "asleep": (make(run_gated, prepare=_nothing), lambda: _close_gate(run_gated)),
        "closing": (make(run_gated, prepare=open_gate), _nothing),
        "busy, gate": (make(run_gated, prepare=_end_a_subscription), _nothing),
        "asleep, payments": (make(run_gated, prepare=_nothing, jobs=WITH_PAYMENTS), _take_payments),
        "closing, payments": (make(run_gated, prepare=open_gate, jobs=WITH_PAYMENTS), _take_payments),
    }
    found: dict[str, dict[str, float]] = {}
    for name, (kind, begin) in kinds.items():
        _refuse_payments()
        begin()
        found[name] = ({} if counted else kind.measured(minutes)) | kind.counted()
    print(json.dumps(found))


def _jobs() -> tuple[Run, Run]:
    """Return the run of a job without the gate, and the one behind it."""
    from django.utils.module_loading import import_string  # noqa: PLC0415

    from config.aws_lambda.gated_jobs import run_gated  # noqa: PLC0415

    def event(job: str) -> dict[str, Any]:
        rule = f"arn:aws:events:us-east-1:123456789012:rule/subs-dev-{job}"
        return {"detail-type": "Scheduled Event", "source": "aws.events", "resources": [rule]}

    functions = {job: import_string(job) for job in WITH_PAYMENTS}
    invoke = {job: (lambda given, context, job=job: functions[job](given, context)) for job in WITH_PAYMENTS}
    return (
        lambda job: functions[job](event(job), Context()),
        lambda job: run_gated(event(job), Context(), invoke[job]),
    )


def _count_log() -> LogSize:
    """Put the counting handler in the place of all others, at the function's level."""
    from django.conf import settings  # noqa: PLC0415

    configured = settings.LOGGING["formatters"]["json"]
    options = {key: value for key, value in configured.items() if key not in ("()", "format")}
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415

    handler = LogSize(JsonFormatter(configured["format"], **options))
    root = logging.getLogger()
    root.handlers, root.level = [handler], logging.INFO
    return handler


def _close_gate(run: Run) -> None:
    """Make the table, and run the jobs once: they close the gate, as nothing is due."""
    import boto3  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    from foundation import gate  # noqa: PLC0415

    client = boto3.client("dynamodb")
    with suppress(client.exceptions.ResourceInUseException):  # of a run before, at the same emulator
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    settings.GATE_TABLE = TABLE
    gate.install()
    gate.open_gate()
    for job in (*JOBS, *JOBS):
        run(job)


def _nothing() -> None:
    """Make no work."""


def _take_payments() -> None:
    """Take payments by transfer, which no provider is asked about."""
    from django.conf import settings  # noqa: PLC0415

    settings.PAYMENT_PROVIDER = "manual"


def _refuse_payments() -> None:
    from django.conf import settings  # noqa: PLC0415

    settings.PAYMENT_PROVIDER = ""


def _end_a_subscription() -> None:
    """Let a subscription end, of a user who is new."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from subscriptions.models import Plan  # noqa: PLC0415
    from subscriptions.services import SubscriptionService  # noqa: PLC0415

    name = f"user{time.monotonic_ns()}"
    user = get_user_model().objects.create_user(name, f"{name}@example.com")
    plan, _ = Plan.objects.get_or_create(name="Benchmark", defaults={"price": 0, "duration_days": DAYS})
    began = datetime.now(UTC) - timedelta(days=DAYS, seconds=1)
    SubscriptionService.create_subscription(user, plan, now=began)
    connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), counted="--count" in sys.argv)
