"""Requests to SES and SNS, and AWS's documented error responses."""

import base64
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from urllib.parse import parse_qsl, urlencode

from tests.proofs.chaos.worker_name import WorkerName

ENTRY = re.compile(r"PublishBatchRequestEntries\.member\.(\d+)\.(.+)")
XML = "text/xml"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """HTTP response."""

    status: int
    content_type: str
    body: bytes
    error_type: str = ""


@dataclass(frozen=True)
class AwsRequest:
    """SendEmail (`ses`), PublishBatch (`sns`) or GetAccount (`account`).

    `keys` are the notifications in the request; GetAccount has 0.
    """

    service: str
    keys: list[int]
    body: bytes
    signed_at: datetime
    """Time by the true clock."""
    worker: str
    """Worker, from the user agent's `app/` (AWS_SDK_UA_APP_ID)."""
    attempt: str
    """Attempt number by boto3."""

    @classmethod
    def read(cls, method: str, headers: Message, body: bytes) -> "AwsRequest":
        """Parse the request as AWS does: SESv2 uses JSON, SNS a form."""
        service, keys = _read(method, headers, body)
        worker = WorkerName.read(headers["User-Agent"].partition(" app/")[2].split()[0])
        signed_at = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        attempt = str(headers["amz-sdk-request"]).partition(";")[0]
        return cls(service, keys, body, signed_at - worker.clock_ahead, str(worker), attempt)

    @property
    def age(self) -> timedelta:
        """Return the time since signing."""
        return datetime.now(UTC) - self.signed_at

    def without(self, keys: list[int]) -> "AwsRequest":
        """Return a PublishBatch without some of its entries, renumbered."""
        fields = parse_qsl(self.body.decode(), keep_blank_values=True)
        kept = [key for key in self.keys if key not in keys]
        number = {_position(fields, key): index for index, key in enumerate(kept, 1)}
        renumbered = []
        for name, value in fields:
            entry = ENTRY.fullmatch(name)
            if entry is None:
                renumbered.append((name, value))
            elif entry[1] in number:
                renumbered.append((f"PublishBatchRequestEntries.member.{number[entry[1]]}.{entry[2]}", value))
        return replace(self, keys=kept, body=urlencode(renumbered).encode())

    def throttled(self) -> Answer:
        """Return https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors."""
        return self._error(429, "Throttling" if self.service == "sns" else "TooManyRequestsException", "Rate exceeded")

    def failed(self) -> Answer:
        """Return https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html."""
        return self._error(500, "InternalFailure", "An internal error occurred")

    def expired(self) -> Answer:
        """Return `RequestExpired`, https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html."""
        return self._error(400, "RequestExpired", "Request has expired")

    def _error(self, status: int, code: str, text: str) -> Answer:
        if self.service != "sns":
            return Answer(status, JSON, json.dumps({"message": text}).encode(), error_type=code)
        body = (
            '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        )
        return Answer(status, XML, body.encode())


ACCOUNT = Answer(
    200,
    JSON,
    json.dumps(
        {
            "ProductionAccessEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 500.0, "SentLast24Hours": 0.0},
            "SendingEnabled": True,
        }
    ).encode(),
)
"""Response to SES's GetAccount, which moto lacks.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""


def notification_of(mime: bytes) -> int:
    """Return the notification of a mail, from its Message-ID."""
    found = re.search(rb"^Message-ID: <notification-(\d+)@", mime, re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise ValueError("a mail without a Message-ID of ours")
    return int(found[1])


def _read(method: str, headers: Message, body: bytes) -> tuple[str, list[int]]:
    if method == "GET":
        return "account", [0]
    return ("sns", _entries(body)) if _is_form(headers) else ("ses", [_tagged(body)])


def _is_form(headers: Message) -> bool:
    return str(headers["Content-Type"]).startswith("application/x-www-form-urlencoded")


def _tagged(body: bytes) -> int:
    request = json.loads(body)
    (tag,) = [tag["Value"] for tag in request["EmailTags"] if tag["Name"] == "notification"]
    if int(tag) != notification_of(base64.b64decode(request["Content"]["Raw"]["Data"])):
        raise ValueError(f"tag {tag} is not that of the mail's Message-ID")
    return int(tag)


def _entries(body: bytes) -> list[int]:
    fields = parse_qsl(body.decode())
    return [int(value) for name, value in fields if (entry := ENTRY.fullmatch(name)) and entry[2] == "Id"]


def _position(fields: list[tuple[str, str]], key: int) -> str:
    (position,) = [
        entry[1]
        for name, value in fields
        if (entry := ENTRY.fullmatch(name)) and entry[2] == "Id" and value == str(key)
    ]
    return position
