"""The local AWS: an emulator on a free loopback port, with a topic, a queue and a mail identity."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import boto3

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.emulator.moto_server import MotoServer
from infra.lambda_local.errors import ForeignTopic

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONSUMER_QUEUE = "subscription-events-consumer"
SQS_BATCH = 10  # the most that one ReceiveMessage returns


@dataclass(frozen=True)
class ReceivedEvent:
    """An event that SNS accepted and handed to the consumer's queue."""

    body: dict[str, Any]
    attributes: dict[str, str]


class Emulator(Protocol):
    """A server that answers as AWS does, for the account ACCOUNT."""

    @property
    def url(self) -> str:
        """Return the endpoint of every service, once it has started."""

    def start(self) -> None:
        """Serve; return when it answers."""

    def stop(self) -> None:
        """End, and forget everything."""

    def reset(self) -> None:
        """Forget everything that was sent and made."""

    def mails(self, region: str, start: int) -> list[AcceptedMail]:
        """Return the mails that SES accepted in the region, in order, without the first `start`."""


class LocalAWS:
    """Context manager: an emulator (moto by default) with topic, queue and identity; AWS variables point at it.

    Every `AWS_*` variable of this process is replaced while it is open, so that nothing here can reach a real account.
    Raises ForeignTopic.
    """

    _ses: "SESV2Client"
    _sns: "SNSClient"
    _sqs: "SQSClient"

    def __init__(self, *, topic_arn: str, from_address: str, emulator: Emulator | None = None) -> None:
        *_, self._region, account, self._topic = topic_arn.split(":")
        if account != ACCOUNT:
            raise ForeignTopic(f"SNS_TOPIC_ARN is {topic_arn}; the local AWS has only topics of account {ACCOUNT}")
        self._topic_arn = topic_arn
        self._from_address = from_address
        self._emulator = emulator or MotoServer()
        self._events: list[ReceivedEvent] = []
        self._replaced: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Return the endpoint of every service."""
        return self._emulator.url

    def __enter__(self) -> Self:
        self._replaced = _replace_aws_variables({})
        self._emulator.start()
        _replace_aws_variables(
            {
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_DEFAULT_REGION": self._region,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        )
        session = boto3.session.Session()
        self._ses, self._sns, self._sqs = session.client("sesv2"), session.client("sns"), session.client("sqs")
        self._provide()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._emulator.stop()
        _replace_aws_variables(self._replaced)

    def reset(self) -> None:
        """Forget everything, and create topic, queue and identity again."""
        self._emulator.reset()
        self._events.clear()
        self._provide()

    def mails(self, start: int = 0) -> list[AcceptedMail]:
        """Return the mails that SES accepted, in order, without the first `start`."""
        return self._emulator.mails(self._region, start)

    def events(self) -> list[ReceivedEvent]:
        """Return the events that the consumer's queue received, in order of arrival."""
        queue_url = self._sqs.get_queue_url(QueueName=CONSUMER_QUEUE)["QueueUrl"]
        self._events.extend(_drain(self._sqs, queue_url))
        return list(self._events)

    def _provide(self) -> None:
        self._ses.create_email_identity(EmailIdentity=self._from_address)
        # A message must not come again while it is being read, however long that takes.
        self._sqs.create_queue(QueueName=CONSUMER_QUEUE, Attributes={"VisibilityTimeout": "43200"})
        self._sns.create_topic(Name=self._topic)
        self._sns.subscribe(
            TopicArn=self._topic_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{self._region}:{ACCOUNT}:{CONSUMER_QUEUE}",
            # The body is then what was published, and its attributes are the message's.
            Attributes={"RawMessageDelivery": "true"},
        )


def _replace_aws_variables(replacement: dict[str, str]) -> dict[str, str]:
    """Make `replacement` the only `AWS_*` variables; return those that were there."""
    replaced = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    os.environ.update(replacement)
    return replaced


def _drain(sqs: "SQSClient", queue_url: str) -> Iterator[ReceivedEvent]:
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=SQS_BATCH, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            values = {name: attribute["StringValue"] for name, attribute in attributes.items()}
            yield ReceivedEvent(json.loads(message["Body"]), values)
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
