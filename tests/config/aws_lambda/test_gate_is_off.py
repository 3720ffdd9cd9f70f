"""Without GATE_TABLE nothing of the gate is imported, connected or asked."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage
from tests.support.deployment import environment
from tests.support.gate import SWEEP, Context

PROJECT = Path(__file__).resolve().parents[3]
MODULES = ("foundation.gate", "foundation.gate_store", "foundation.gate_statements", "config.aws_lambda.gated_jobs")
SCRIPT = f"""
import sys, django
django.setup()
from django.db.backends.signals import connection_created
from django.db import connection
print([name for name in {MODULES!r} if name in sys.modules])
print(any("foundation.gate" in str(key) for key, *_ in connection_created.receivers))
print(connection.settings_dict["CONN_MAX_AGE"])
"""


def start(**variables: str) -> list[str]:
    """Start Django as deployed, and return what the gate has changed."""
    given = environment(DJANGO_SETTINGS_MODULE="config.settings", **variables)
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_start_without_a_table_imports_and_connects_nothing() -> None:
    assert start() == ["[]", "False", "60"]


def test_start_with_a_table_watches_sessions_and_keeps_none() -> None:
    assert start(GATE_TABLE="subs-dev-gate") == [str(list(MODULES[:3])), "True", "0"]


@pytest.mark.django_db(transaction=True)
def test_job_without_a_table_runs_as_before(
    lambda_function: LambdaFunction, stage: ZappaStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.aws_lambda import handler  # noqa: PLC0415 - the requested fixture has created Zappa's settings

    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    schedule: Any = next(schedule for schedule in stage.schedules if schedule.function == SWEEP)
    event = delivered_event(schedule, region="us-east-1", time=datetime.now(UTC))
    with CaptureQueriesContext(connection) as queries:
        handler.lambda_handler(event, Context())
    assert [query["sql"] for query in queries if "advisory" in query["sql"]] == []
    assert [name for name in MODULES if name in sys.modules] == []
