"""Gate of the tests: a DynamoDB table at the local AWS, and the schedule's events."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from django.db import connection
from django.db.backends.signals import connection_created

from foundation import gate
from foundation.gate_store import Item

TABLE = "subs-test-gate"
SWEEP = "subscriptions.jobs.check_expired_subscriptions"
DELIVERY = "notifications.jobs.deliver_notifications"
REMINDERS = "notifications.jobs.send_expiry_reminders"
AUDIT = "subscriptions.jobs.audit_access"
PAYMENTS = "payments.jobs.process_payments"
ERASURE = "accounts.jobs.erase_leaving_users"
RECONCILIATION = "payments.jobs.reconcile_payments"


class Context:
    """Context of an invocation with five minutes left."""

    aws_request_id = "the-invocation"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


def make_table() -> None:
    """Create the table at the local AWS."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def tick(job: str) -> dict[str, Any]:
    """Return the event of the job's schedule."""
    rule = f"arn:aws:events:us-east-1:123456789012:rule/subs-dev-{job}"
    return {"detail-type": "Scheduled Event", "source": "aws.events", "resources": [rule]}


def read_item() -> Item:
    """Return the item as the store has it."""
    return gate.store().read()


def is_open(marker: str = "sweep") -> bool:
    """Return True if the marker is missing, as after an opening."""
    return marker not in read_item().markers


@contextmanager
def gate_on(settings: Any) -> Iterator[None]:
    """Watch this thread's sessions, as a process with GATE_TABLE does from its start on."""
    settings.GATE_TABLE = TABLE
    gate.store.cache_clear()
    connection.close()
    before = connection.settings_dict["CONN_MAX_AGE"]
    options = dict(connection.settings_dict["OPTIONS"])
    connection.settings_dict["CONN_MAX_AGE"] = 0
    gate.install()
    try:
        yield
    finally:
        connection_created.disconnect(dispatch_uid="foundation.gate")
        connection.execute_wrappers.clear()
        connection.settings_dict["CONN_MAX_AGE"] = before
        connection.settings_dict["OPTIONS"].update(options)
        connection.close()
        gate.store().disconnect()
        gate.store.cache_clear()
