"""Other releases, a deployment and a restore while the gate is closed: what is due is told within a tick."""

import json
import os
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
from django.db import connection

from config.aws_lambda.gated_jobs import ASLEEP
from config.operations.release_jobs import migrate, migrations
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from subscriptions.models import Subscription
from tests.flows.gate.gated import close, ends_in, run
from tests.support.gate import DELIVERY, SWEEP, TABLE, Context, is_open
from tests.support.patience import wait_until
from tests.support.release_before import PROJECT, WITHOUT_GATE, Release, check_out

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

BEGUN, ENDED = "Your subscription to Monthly has begun", "Your subscription to Monthly has ended"
SUBSCRIBES = """
import json
from django.contrib.auth import get_user_model
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService
user = get_user_model().objects.create_user("{name}", "{name}@example.com", "correct horse")
plan, _made = Plan.objects.get_or_create(name="Monthly", defaults={{"price": "9.90", "duration_days": 30}})
SubscriptionService.create_subscription(user, plan)
print("null")
"""
TICK = """
from datetime import timedelta
from notifications.outbox.delivery import Delivery
Delivery(lambda: timedelta(minutes=5)).run()
print("null")
"""
COPIES = {
    "keep": "CREATE DATABASE {name}_kept TEMPLATE {name}",
    "restore": "DROP DATABASE {name}; CREATE DATABASE {name} TEMPLATE {name}_kept; DROP DATABASE {name}_kept",
}
AFTER_RESTORE = PROJECT / "infra" / "deployment" / "after_restore.sql"


@pytest.fixture
def before(gated: None, tmp_path: Path) -> Release:
    """Return the last release that has no gate, on the database of this one."""
    return Release(check_out(tmp_path / "before", WITHOUT_GATE), os.environ["DATABASE_URL"])


def told(aws: LocalAWS) -> list[tuple[str, str]]:
    return [(mail.recipients[0], str(mail.message["Subject"])) for mail in aws.mails()]


@pytest.mark.parametrize("job", [migrate, migrations])
def test_what_a_release_without_a_gate_wrote_is_told_by_it_or_by_the_tick_after_the_next_deployment(
    job: Callable[[dict[str, Any], Context], object], before: Release, aws: LocalAWS
) -> None:
    wait_until(close)
    before.shell(SUBSCRIBES.format(name="ada"))
    before.shell(TICK)  # it asks no gate
    assert told(aws) == [("ada@example.com", BEGUN)]

    before.shell(SUBSCRIBES.format(name="grace"))
    assert run(DELIVERY) == ASLEEP  # as nobody opened the gate
    job({"command": f"config.operations.release_jobs.{job.__name__}"}, Context())
    assert run(DELIVERY) != ASLEEP
    assert told(aws)[1:] == [("grace@example.com", BEGUN)]


def test_restored_database_tells_what_is_due_by_the_tick_after_the_deployment(gated: None, aws: LocalAWS) -> None:
    restore(ends_in(timedelta(seconds=-1)))
    assert run(SWEEP) == ASLEEP
    migrations({"command": "config.operations.release_jobs.migrations"}, Context())
    run(SWEEP)
    run(DELIVERY)
    assert [subject for _address, subject in told(aws)] == [ENDED] * 2  # the second one as the runbook says


def test_restored_database_tells_what_is_due_by_the_tick_after_the_runbooks_command(gated: None, aws: LocalAWS) -> None:
    restore(ends_in(timedelta(seconds=-1)))
    (command,) = [line for line in (PROJECT / "docs" / "runbook.md").read_text().splitlines() if "delete-item" in line]
    key = json.loads(command.partition("--key '")[2].rstrip("'"))
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key=key)
    assert is_open()
    assert run(SWEEP) != ASLEEP
    run(DELIVERY)
    assert [subject for _address, subject in told(aws)] == [ENDED] * 2


def restore(subscription: Subscription) -> None:
    """Let the subscription end and be told, close the gate, and restore the database to the instant before that."""
    copy_database("keep")
    assert run(SWEEP) != ASLEEP
    run(DELIVERY)
    wait_until(close)
    assert not is_open()
    copy_database("restore")
    with closing(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)) as session:
        session.execute(AFTER_RESTORE.read_bytes())
    subscription.refresh_from_db()
    assert subscription.expired_at is None
    assert subscription.end_date < clock.now()
    connection.close()


def copy_database(step: str) -> None:
    """Copy the test database aside, or put the copy in its place. Nobody may be connected meanwhile."""
    connection.close()
    database = urlsplit(os.environ["DATABASE_URL"])
    name = database.path.lstrip("/")
    with closing(psycopg.connect(database._replace(path="/postgres").geturl(), autocommit=True)) as session:
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        for statement in COPIES[step].format(name=name).split("; "):
            session.execute(statement.encode())
