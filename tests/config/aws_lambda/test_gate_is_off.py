"""Without GATE_TABLE nothing of the gate is imported, connected or asked."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage
from payments.providers.registry import current
from subscriptions.access.managed_groups import restore_groups
from subscriptions.services import SubscriptionService
from tests.payments.charging.renewal_orders import DUE, due_order
from tests.payments.opened_orders import first_order
from tests.support.deployment import environment
from tests.support.factories import make_due, make_plan, make_user
from tests.support.gate import DELIVERY, PAYMENTS, RECONCILIATION, SWEEP, Context
from tests.support.ledger_provider import LedgerProvider

PROJECT = Path(__file__).resolve().parents[3]
MODULES = (
    "foundation.gate",
    "foundation.gate_store",
    "foundation.gate_statements",
    "foundation.orm.primary_reads",
    "config.aws_lambda.gated_jobs",
)
SCRIPT = f"""
import sys, django
django.setup()
from django.db.backends.signals import connection_created
from django.db import connection
print([name for name in {MODULES!r} if name in sys.modules])
print(any("foundation.gate" in str(key) for key, *_ in connection_created.receivers))
print(connection.settings_dict["CONN_MAX_AGE"])
"""

SAVEPOINT = re.compile(r"\bs\d+_x\d+\b")
"""Name of a savepoint: a thread and a number that grows.
https://docs.djangoproject.com/en/stable/topics/db/transactions/#savepoints"""


def start(**variables: str) -> list[str]:
    """Start Django as deployed, and return what the gate has changed."""
    given = environment(DJANGO_SETTINGS_MODULE="config.settings", **variables)
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_start_without_a_table_imports_and_connects_nothing() -> None:
    assert start() == ["[]", "False", "60"]


def test_start_with_a_table_watches_sessions_and_keeps_none() -> None:
    assert start(GATE_TABLE="subs-dev-gate") == [str(list(MODULES[:-1])), "True", "0"]


def end() -> None:
    make_due(make_plan(), 2)


def subscribe() -> None:
    SubscriptionService.create_subscription(make_user(), make_plan(), now=clock.now())


def owe() -> None:
    due_order()


def pay_untold() -> None:
    provider = current()
    assert isinstance(provider, LedgerProvider)
    provider.pay_page(provider.begin(first_order(now=clock.now()), "", "").reference)


WORK: dict[str, tuple[Callable[[], None], str, int]] = {
    SWEEP: (end, "expired", 2),
    DELIVERY: (subscribe, "accepted", 2),
    PAYMENTS: (owe, "succeeded", 1),
    RECONCILIATION: (pay_untold, "recorded", 1),
}
"""What gives each job something to do, and the number of it that the job's answer tells."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", WORK)
def test_tick_without_a_table_makes_the_statements_of_its_job_and_no_other(
    job: str,
    lambda_function: LambdaFunction,
    stage: ZappaStage,
    aws: LocalAWS,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from config.aws_lambda import handler  # noqa: PLC0415 - the requested fixture has created Zappa's settings

    assert settings.GATE_TABLE == ""
    restore_groups()
    schedule: Any = next(schedule for schedule in stage.schedules if schedule.function == job)
    event = delivered_event(schedule, region="us-east-1", time=DUE)
    make_work, name, number = WORK[job]

    def statements_of(run: Callable[[Any, Any], Any], ledger: str) -> list[str]:
        """Give the job work, and return the statements by which the run does it."""
        monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(tmp_path / ledger))
        monkeypatch.setattr(settings, "PAYMENT_PROVIDER", LedgerProvider.name)
        monkeypatch.setattr(current(), "path", LedgerProvider().path)
        make_work()
        with recorded() as statements:
            answer = run(event, Context())
        assert answer[name] == number
        return statements

    with time_machine.travel(DUE, tick=False):
        statements_of(import_string(job), "warm")  # what the process remembers from now on
        with without(monkeypatch, *MODULES):
            expected = statements_of(import_string(job), "before")
        forget(monkeypatch, *MODULES)
        assert statements_of(handler.lambda_handler, "tick") == expected
    assert len(expected) > 1
    assert [name for name in MODULES if name in sys.modules] == []


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Yield a list of the statements that follow, without their values; the ends of transactions come last."""
    statements: list[str] = []

    def record(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        statements.append(SAVEPOINT.sub("savepoint", str(sql)))
        return execute(sql, params, many, context)

    with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(record):
        yield statements
    statements += [query["sql"] for query in queries if query["sql"] in {"BEGIN", "COMMIT", "ROLLBACK"}]


def forget(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Make the next import of each module one that is seen."""
    for name in names:
        package, _dot, last = name.rpartition(".")
        patch.delitem(sys.modules, name, raising=False)
        patch.delattr(sys.modules[package], last, raising=False)


@contextmanager
def without(patch: pytest.MonkeyPatch, *names: str) -> Iterator[None]:
    """Make each import of these modules fail."""
    with patch.context() as inner:
        forget(inner, *names)
        for name in names:
            inner.setitem(sys.modules, name, None)
        yield
