"""The message that wakes the delivery: one for many commits, harmless when it is lost, nothing where it is off."""

import logging
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.emulator.moto_server import ACCOUNT
from infra.lambda_local.event_sources.mappings import EventSource
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from notifications import wake_up
from notifications.jobs import deliver_woken
from notifications.models import Notification, State, WakeUp, database_time
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_due, make_plan, make_user
from tests.support.lambda_context import Context
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = Path(__file__).resolve().parents[2]
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:wake-up"


class Patient(Context):
    """An invocation with five minutes left."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Queue:
    """The wake-up queue, and the job behind it."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="wake-up")["QueueUrl"]

    def number(self) -> int:
        """Messages that nobody has taken."""
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def poll(self) -> int:
        """Let Lambda's poller take one batch to the job; return the number of messages."""

        def invoke(_: str, event: object) -> InvocationResult:
            payload = deliver_woken(event, Patient())  # type: ignore[arg-type] # as Lambda brings it
            return InvocationResult("id", payload, None, timedelta(), None, "")

        return EventSource(QUEUE, "function", 10, reports_failures=True).poll(self.sqs, invoke)


@pytest.fixture
def queue(aws: LocalAWS, fresh_clients: None, settings: LazySettings) -> Queue:
    queue = Queue()
    settings.WAKE_UP_QUEUE_URL = queue.url
    return queue


def subscribe() -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)


def test_message_wakes_a_delivery_of_all_that_was_committed(queue: Queue, aws: LocalAWS) -> None:
    subscribe()
    subscribe()
    assert queue.poll() == 1
    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT}
    assert queue.number() == 0


def test_many_commits_send_one_message_while_it_is_under_way(queue: Queue) -> None:
    for _ in range(10):
        subscribe()
    assert queue.number() == 1


def test_sweep_sends_one_message_and_not_one_a_subscription(queue: Queue) -> None:
    make_due(make_plan(), 50)
    Service.sweep(now=NOW, batch_size=10)
    assert queue.number() == 1


def test_commit_after_the_message_arrived_sends_another(queue: Queue) -> None:
    subscribe()
    wake_up.arrived()
    subscribe()
    assert queue.number() == 2


def test_flag_is_cleared_before_anything_is_claimed(queue: Queue) -> None:
    """A commit while the delivery is at work could otherwise be missed by both."""
    subscribe()
    with CaptureQueriesContext(connection) as queries:
        queue.poll()
    statements = [query["sql"] for query in queries]
    cleared = next(number for number, sql in enumerate(statements) if sql.startswith('UPDATE "notifications_wakeup"'))
    claimed = next(number for number, sql in enumerate(statements) if '"notifications_notification"' in sql)
    assert cleared < claimed


def test_lost_message_is_forgotten_after_a_while(queue: Queue) -> None:
    subscribe()
    queue.sqs.purge_queue(QueueUrl=queue.url)
    WakeUp.objects.update(sent_at=database_time(-wake_up.FORGOTTEN_AFTER - timedelta(seconds=1)))
    subscribe()
    assert queue.number() == 1


def test_nothing_is_sent_for_what_was_rolled_back(queue: Queue) -> None:
    with transaction.atomic():
        subscribe()
        transaction.set_rollback(True)
    assert queue.number() == 0
    assert WakeUp.objects.get().sent_at is None


def test_queue_that_is_gone_is_logged_and_tried_again_later(
    queue: Queue, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAKE_UP_QUEUE_URL = f"{queue.url}-gone"
    subscribe()
    subscribe()
    failed = [record for record in caplog.records if record.getMessage() == "wake-up not sent"]
    assert [(record.levelno, vars(record)["error"]) for record in failed] == [
        (logging.WARNING, "AWS.SimpleQueueService.NonExistentQueue")
    ]
    assert Notification.objects.count() == 4


def test_queue_that_cannot_be_reached_stops_no_commit(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", f"http://127.0.0.1:{unused.getsockname()[1]}")
        subscribe()
    assert "wake-up not sent" in caplog.text
    assert Notification.objects.count() == 2


@pytest.mark.postgresql
def test_commits_at_once_send_one_message(queue: Queue) -> None:
    barrier = threading.Barrier(4)
    sent: list[bool] = []

    def work() -> None:
        try:
            barrier.wait(timeout=PATIENCE_SECONDS)
            sent.append(wake_up.send())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    assert sorted(sent) == [False, False, False, True]
    assert queue.number() == 1


def test_without_a_queue_a_commit_costs_nothing_more(aws: LocalAWS, settings: LazySettings) -> None:
    settings.WAKE_UP_QUEUE_URL = ""
    with CaptureQueriesContext(connection) as queries:
        subscribe()
    assert not [query for query in queries if "wakeup" in query["sql"]]


def test_request_does_not_load_boto3_without_a_queue() -> None:
    program = (
        "import sys, django; django.setup()\n"
        "from notifications import wake_up\n"
        "wake_up.after_commit()\n"
        "print({'boto3', 'botocore'} & sys.modules.keys())\n"
    )
    environment = {"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": ""}
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "set()\n"
