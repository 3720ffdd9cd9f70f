"""The local AWS: moto's server on a free loopback port, with what the service needs there, and how to read it back."""

import email
import json
import logging
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3
from moto.server import ThreadedMotoServer
from moto.ses.models import RawMessage, ses_backends

from infra.deployment.moto_gaps import close_gaps
from infra.errors import ForeignTopic, MissingPart

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

ACCOUNT = "123456789012"
"""The account that moto plays. https://docs.getmoto.org/en/latest/docs/multi_account.html"""

CONSUMER_QUEUE = "subscription-events-consumer"
SQS_BATCH = 10  # the most that one ReceiveMessage returns


@dataclass(frozen=True)
class AcceptedMail:
    """A mail that SES accepted."""

    message_id: str
    recipients: list[str]
    raw: bytes
    message: EmailMessage

    def text(self, subtype: str) -> str:
        """The part `plain` or `html`. Raises MissingPart where the mail has none."""
        part = self.message.get_body((subtype,))
        if part is None:
            raise MissingPart(f"mail {self.message_id} has no {subtype} part")
        content: str = part.get_content()
        return content


@dataclass(frozen=True)
class ReceivedEvent:
    """An event that SNS accepted and handed to the consumer's queue."""

    body: dict[str, Any]
    attributes: dict[str, str]


class LocalAWS:
    """Context manager: starts the server, points this process's AWS variables at it, makes topic, queue and identity.

    Every `AWS_*` variable is replaced while it is open, so that nothing here can reach a real account. Raises
    ForeignTopic.
    """

    _ses: "SESV2Client"
    _sns: "SNSClient"
    _sqs: "SQSClient"

    def __init__(self, *, topic_arn: str, from_address: str) -> None:
        *_, self._region, account, self._topic = topic_arn.split(":")
        if account != ACCOUNT:
            raise ForeignTopic(f"SNS_TOPIC_ARN is {topic_arn}; the local AWS has only topics of account {ACCOUNT}")
        self._topic_arn = topic_arn
        self._from_address = from_address
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._events: list[ReceivedEvent] = []
        self._replaced: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
        close_gaps()
        self._server.start()
        self._replaced = _replace_aws_variables(
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
        self._server.stop()
        _replace_aws_variables(self._replaced)

    def reset(self) -> None:
        """Forget all that was sent and made, and make topic, queue and identity anew."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
        urllib.request.urlopen(request).close()  # noqa: S310
        self._events.clear()
        self._provide()

    def mails(self, start: int = 0) -> list[AcceptedMail]:
        """Every mail that SES accepted, in order, but for the first `start`.

        moto's own page of them would carry each function's code, too.
        """
        sent = ses_backends[ACCOUNT][self._region].sent_messages
        raw = (stored for stored in sent if isinstance(stored, RawMessage))
        return [_accepted_mail(stored) for stored in islice(raw, start, None)]

    def events(self) -> list[ReceivedEvent]:
        """Every event that the consumer's queue got, in the order of its arrival."""
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


def _accepted_mail(stored: RawMessage) -> AcceptedMail:
    raw = stored.raw_data.encode()
    message = email.message_from_bytes(raw, policy=policy.default)
    recipients = list(dict.fromkeys(stored.destinations))  # moto lists the destination and the To header
    return AcceptedMail(stored.id, recipients, raw, message)


def _drain(sqs: "SQSClient", queue_url: str) -> Iterator[ReceivedEvent]:
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=SQS_BATCH, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            values = {name: attribute["StringValue"] for name, attribute in attributes.items()}
            yield ReceivedEvent(json.loads(message["Body"]), values)
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
