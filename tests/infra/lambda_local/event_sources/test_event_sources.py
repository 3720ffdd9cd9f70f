"""Queue messages reach a function as through Lambda's own pollers."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.event_sources.mappings import EventSource, event_sources
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from tests.support.patience import wait_until

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:feedback"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
SAMPLE = Path(__file__).parents[3] / "events" / "sqs-receive-message.json"


class Queue:
    """Queue with immediate redelivery, mapped to a function."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="feedback", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
        self.events: list[dict[str, Any]] = []
        self.answer: Any = None
        self.error: dict[str, str] | None = None

    def send(self, *bodies: str, **attributes: str) -> list[str]:
        """Send messages and return their ids."""
        typed: Any = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        return [
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=typed)["MessageId"]
            for body in bodies
        ]

    def poll(self, *, batch_size: int = 10, reports_failures: bool = False) -> int:
        """Poll the source once."""
        source = EventSource(QUEUE, FUNCTION, batch_size, reports_failures)
        return source.poll(self.sqs, self._invoke)

    def left(self) -> list[str]:
        """Return the bodies of the messages left."""
        received = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]

    def _invoke(self, function: str, event: Any) -> InvocationResult:
        assert function == FUNCTION
        self.events.append(event)
        return InvocationResult("id", self.answer, self.error, timedelta(0), None, "")


@pytest.fixture
def queue(aws: LocalAWS) -> Queue:
    return Queue()


def test_a_record_has_the_shape_of_awss_own(queue: Queue) -> None:
    (message_id,) = queue.send('{"a": 1}', kind="bounce")
    (sample,) = json.loads(SAMPLE.read_text())["Records"]

    queue.poll()

    (record,) = queue.events[0]["Records"]
    assert record.keys() == sample.keys()
    assert sample["attributes"].keys() <= record["attributes"].keys()
    assert record | {"attributes": None, "receiptHandle": None, "md5OfBody": None} == {
        "messageId": message_id,
        "receiptHandle": None,
        "body": '{"a": 1}',
        "attributes": None,
        "messageAttributes": {
            "kind": {"stringValue": "bounce", "dataType": "String", "stringListValues": [], "binaryListValues": []}
        },
        "md5OfBody": None,
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "us-east-1",
    }


def test_processed_message_is_deleted_and_an_empty_queue_invokes_nothing(queue: Queue) -> None:
    queue.send("a", "b")

    assert (queue.poll(), queue.poll()) == (2, 0)

    assert len(queue.events) == 1
    assert queue.left() == []


def test_a_batch_has_the_size_of_the_mapping(queue: Queue) -> None:
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "43200"})
    queue.send(*map(str, range(25)))

    assert [queue.poll(batch_size=size) for size in (1, 12, 20)] == [1, 12, 12]


def test_failed_message_stays_for_the_next_poll(queue: Queue) -> None:
    queue.send("a")
    queue.error = {"errorType": "LookupError", "errorMessage": "no"}

    assert [queue.poll(batch_size=1) for _ in range(2)] == [1, 1]

    assert queue.left() == ["a"]
    assert [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in queue.events] == ["1", "2"]


def test_a_message_that_fails_too_often_goes_where_the_queue_says(queue: Queue) -> None:
    last = queue.sqs.create_queue(QueueName="last")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": QUEUE.replace("feedback", "last"), "maxReceiveCount": 2})
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": redrive})
    queue.send("a")
    queue.error = {"errorType": "LookupError", "errorMessage": "no"}

    assert [queue.poll(batch_size=1) for _ in range(3)] == [1, 1, 0]

    (letter,) = queue.sqs.receive_message(QueueUrl=last)["Messages"]
    assert letter["Body"] == "a"


@pytest.mark.parametrize(("reports_failures", "left"), [(True, ["b"]), (False, [])])
def test_reported_failures_stay_only_where_the_mapping_asks_for_reports(
    reports_failures: bool, left: list[str], queue: Queue
) -> None:
    _, failed, _ = queue.send("a", "b", "c")
    queue.answer = {"batchItemFailures": [{"itemIdentifier": failed}]}

    queue.poll(reports_failures=reports_failures)

    assert queue.left() == left


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_no_reported_failure_is_a_success(answer: Any, queue: Queue) -> None:
    queue.send("a")
    queue.answer = answer

    queue.poll(reports_failures=True)

    assert queue.left() == []


@pytest.mark.parametrize(
    "answer",
    [{"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"batchItemFailures": [{"id": "a"}]}, "done", [1]],
)
def test_a_report_that_cannot_be_read_is_a_failure_of_all(
    answer: Any, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.send("a", "b")
    queue.answer = answer

    queue.poll(reports_failures=True)

    assert sorted(queue.left()) == ["a", "b"]
    assert "does not say which messages failed" in caplog.text


@pytest.fixture
def mapping(queue: Queue) -> str:
    """Return the id of a mapping of the queue to the function."""
    role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = boto3.client("lambda")
    client.create_function(
        FunctionName="f", Runtime="python3.11", Role=role, Handler="handler.f", Code={"ZipFile": EMPTY_ZIP}
    )
    made = client.create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="f", BatchSize=7, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    return made["UUID"]


def test_mappings_are_read_back_from_the_local_aws(mapping: str) -> None:
    client = boto3.client("lambda")
    assert event_sources(client) == [EventSource(QUEUE, FUNCTION, 7, reports_failures=True)]

    client.update_event_source_mapping(UUID=mapping, Enabled=False)

    assert event_sources(client) == []


def test_poller_takes_what_comes_even_after_an_error(
    mapping: str, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    def invoke(name: str, event: Any) -> InvocationResult:
        result = queue._invoke(name, event)
        if len(queue.events) == 1:
            raise LookupError("no such function")
        return result

    queue.send("a")
    with EventSourcePoller(invoke, seconds=0.01):
        wait_until(lambda: len(queue.events) > 1)

    assert queue.left() == []
    assert "no such function" in caplog.text


def test_poller_polls_the_sources_that_it_is_given(queue: Queue) -> None:
    queue.send("a")
    with EventSourcePoller(queue._invoke, sources=lambda: [EventSource(QUEUE, FUNCTION, 1, True)], seconds=0.01):
        wait_until(lambda: queue.left() == [])

    assert len(queue.events) == 1
