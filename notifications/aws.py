"""The only module that makes boto3 clients, and where AWS's errors get their verdicts."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError
from django.conf import settings

from notifications.deadline import refuse_if_over
from notifications.errors import CallTooLate
from notifications.outcomes import Outcome, Verdict

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

CONNECT_TIMEOUT = 3
"""Seconds."""

READ_TIMEOUT = 10
"""Seconds. An answer that comes later leaves the notification `unknown`."""

VERDICTS: dict[str, Verdict] = {
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
    "MessageRejected": Verdict.REFUSED,
    "BadRequestException": Verdict.REFUSED,
    "AccountSuspendedException": Verdict.UNSENT,
    "SendingPausedException": Verdict.UNSENT,
    "MailFromDomainNotVerifiedException": Verdict.UNSENT,
    "LimitExceededException": Verdict.THROTTLED,
    "TooManyRequestsException": Verdict.THROTTLED,
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html#API_PublishBatch_Errors
    "InvalidParameter": Verdict.REFUSED,
    "InvalidParameterValue": Verdict.REFUSED,
    "ParameterValueInvalid": Verdict.REFUSED,
    "BatchRequestTooLong": Verdict.REFUSED,
    "NotFound": Verdict.UNSENT,
    "NotFoundException": Verdict.UNSENT,
    "AuthorizationError": Verdict.UNSENT,
    "EndpointDisabled": Verdict.UNSENT,
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
    "Throttling": Verdict.THROTTLED,
    "ThrottlingException": Verdict.THROTTLED,
    "RequestLimitExceeded": Verdict.THROTTLED,
    "AccessDeniedException": Verdict.UNSENT,
    "RequestExpired": Verdict.UNSENT,
    "ExpiredTokenException": Verdict.UNSENT,
    "ExpiredToken": Verdict.UNSENT,
    "IncompleteSignature": Verdict.UNSENT,
    "InvalidClientTokenId": Verdict.UNSENT,
    "UnrecognizedClientException": Verdict.UNSENT,
    "SignatureDoesNotMatch": Verdict.UNSENT,
    "ValidationError": Verdict.REFUSED,
}
"""AWS's error codes. A code that is not here is UNKNOWN, the class in which nobody is told twice."""

NEVER_CONNECTED = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    CallTooLate,
)
"""botocore's errors from before the request left, and our own."""

Client = TypeVar("Client", bound=BaseClient)

_making = Lock()  # without it each thread of the first delivery makes a client of its own, 100 ms each

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError, CallTooLate)
"""All that a call may raise; ResponseParserError is not a BotoCoreError."""


def ses() -> "SESV2Client":
    """The SES client, made on first use and kept while the function is warm."""
    with _making:
        return _ses()


def sns() -> "SNSClient":
    """The SNS client, made on first use and kept while the function is warm."""
    with _making:
        return _sns()


def forget_clients() -> None:
    """Have the clients made anew, from the environment as it is then."""
    _ses.cache_clear()
    _sns.cache_clear()


def judge(error: Exception) -> Outcome:
    """Translate one of AWS_ERRORS. The error's name is kept; its text, which may quote an address, is not."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return Outcome(VERDICTS.get(code, Verdict.UNKNOWN), error=code or "ClientError without a code")
    verdict = Verdict.UNSENT if isinstance(error, NEVER_CONNECTED) else Verdict.UNKNOWN
    return Outcome(verdict, error=type(error).__name__)


@cache
def _ses() -> "SESV2Client":
    return _with_deadlines(_session().client("sesv2", config=_config()))


@cache
def _sns() -> "SNSClient":
    return _with_deadlines(_session().client("sns", config=_config()))


def _with_deadlines(client: Client) -> Client:
    client.meta.events.register("before-send", refuse_if_over)
    return client


def _session() -> "boto3.Session":
    # A hundred milliseconds that an invocation which sends nothing need not pay.
    import boto3  # noqa: PLC0415

    return boto3.Session()


def _config() -> Config:
    # One attempt: every retry mode of boto3 sends a second mail where only the answer was lost.
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": 1},
        max_pool_connections=settings.DELIVERY_THREADS,
    )
