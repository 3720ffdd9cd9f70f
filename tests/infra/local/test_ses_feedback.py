"""The local SES sends the same feedback as AWS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local.feedback_queue import FeedbackQueue
from infra.local.ses_feedback import BOUNCE, COMPLAINT, SesFeedback, events_of
from notifications.models import EventType
from notifications.ses.events import SesEvent, read_event
from tests.support.ses_feedback import ses_event

NOW = datetime(2026, 12, 1, 3, 0, 0, 123_456, tzinfo=UTC)


def send(recipient: str, message_id: str = "<notification-12@example.com>") -> None:
    """Send a mail as the service does."""
    mime = f"From: subscriptions@example.com\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n\r\nHello"
    boto3.client("sesv2").send_email(
        FromEmailAddress="subscriptions@example.com",
        Destination={"ToAddresses": [recipient]},
        Content={"Raw": {"Data": mime.encode()}},
    )


@pytest.fixture
def queue(aws: LocalAWS) -> FeedbackQueue:
    return FeedbackQueue.provide("feedback")


def taken(queue: FeedbackQueue) -> Iterator[str]:
    """Receive and delete the bodies of the messages in the queue."""
    sqs = boto3.client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue.queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            yield message["Body"]
            sqs.delete_message(QueueUrl=queue.queue_url, ReceiptHandle=message["ReceiptHandle"])


def read(queue: FeedbackQueue) -> list[SesEvent]:
    """Parse the events as the service does."""
    return [event for body in taken(queue) if (event := read_event(body))]


@pytest.mark.parametrize(
    ("recipient", "types"),
    [
        ("ada@example.com", [EventType.SEND, EventType.DELIVERY]),
        (BOUNCE, [EventType.SEND, EventType.BOUNCE]),
        (COMPLAINT, [EventType.SEND, EventType.DELIVERY, EventType.COMPLAINT]),
    ],
)
def test_mail_is_told_of_through_topic_and_queue(
    aws: LocalAWS, queue: FeedbackQueue, recipient: str, types: list[EventType]
) -> None:
    send(recipient)
    SesFeedback(queue.topic_arn).tell(aws.mails(), NOW)
    events = read(queue)
    assert sorted(event.type for event in events) == sorted(types)
    assert {(event.notification, event.message_id) for event in events} == {(12, aws.mails()[0].message_id)}
    assert {event.occurred_at for event in events} == {NOW.replace(microsecond=123_000)}
    assert all(event.recipients == (recipient,) for event in events if event.type in ("Bounce", "Complaint"))
    assert all(event.is_permanent for event in events if event.type == EventType.BOUNCE)


def test_each_mail_is_told_of_once(aws: LocalAWS, queue: FeedbackQueue) -> None:
    ses = SesFeedback(queue.topic_arn)
    send("ada@example.com")
    ses.tell(aws.mails(), NOW)
    send("grace@example.com")
    ses.tell(aws.mails(), NOW)
    assert len(read(queue)) == 4


def test_mail_of_somebody_else_has_no_tag(aws: LocalAWS, queue: FeedbackQueue) -> None:
    send("ada@example.com", "<other@example.com>")
    SesFeedback(queue.topic_arn).tell(aws.mails(), NOW)
    assert {event.notification for event in read(queue)} == {None}


@pytest.mark.parametrize(
    ("sample", "recipient"),
    [("send", "ada@example.com"), ("delivery", "ada@example.com"), ("bounce", BOUNCE), ("complaint", COMPLAINT)],
)
def test_events_say_nothing_that_awss_own_do_not(aws: LocalAWS, sample: str, recipient: str) -> None:
    send(recipient)
    documented = ses_event(sample)
    (ours,) = (event for event in told(aws.mails()) if event["eventType"] == documented["eventType"])
    assert paths(ours) - {("mail", "tags", "notification")} <= paths(documented)


def told(mails: list[AcceptedMail]) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(event)) for mail in mails for event in events_of(mail, NOW)]


def paths(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the paths of all members in a JSON value."""
    if isinstance(value, list):
        return {found for entry in value for found in paths(entry, path)}
    if isinstance(value, dict):
        return {found for key, entry in value.items() for found in {(*path, key)} | paths(entry, (*path, key))}
    return set()


def test_moto_itself_says_nothing(aws: LocalAWS, queue: FeedbackQueue) -> None:
    """If this fails, check whether SES events arrive by themselves; then delete infra/local/ses_feedback.py."""
    ses = boto3.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName="subs")
    destination: Any = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND"],
        "SnsDestination": {"TopicArn": queue.topic_arn},
    }
    with pytest.raises(ClientError):
        ses.create_configuration_set_event_destination(
            ConfigurationSetName="subs", EventDestinationName="feedback", EventDestination=destination
        )
    send("ada@example.com")
    assert list(taken(queue)) == []


def test_queue_that_nobody_takes_from_is_waited_for_in_vain(
    queue: FeedbackQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.feedback_queue.PATIENCE_SECONDS", 0.05)
    boto3.client("sns").publish(TopicArn=queue.topic_arn, Message=json.dumps(ses_event("send")))
    assert not queue.wait_until_taken()
    assert len(list(taken(queue))) == 1
    assert queue.wait_until_taken()
