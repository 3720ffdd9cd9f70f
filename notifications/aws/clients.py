"""boto3 clients, and the translation of AWS errors into results. No other module makes clients."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError
from django.conf import settings

from notifications.aws.deadline import refuse_if_over
from notifications.aws.error_codes import judge_code
from notifications.aws.results import Result, ResultKind
from notifications.errors import CallTooLate
from notifications.models import PauseReason

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

CONNECT_TIMEOUT = 3
"""Seconds."""

READ_TIMEOUT = 10
"""Seconds. An answer that comes later leaves the notification `unknown`."""

INVOKE_TIMEOUT = 1
"""Seconds to connect, and to read: a visitor waits, and the schedule delivers as well."""

NEVER_CONNECTED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, CallTooLate)
"""botocore's errors from before the request left, and our own."""

Client = TypeVar("Client", bound=BaseClient)

NO_CREDENTIALS = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError)
"""botocore's errors for missing credentials, which the next call would get too."""

_making = Lock()  # without it each thread of the first delivery makes a client of its own, 100 ms each

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError, CallTooLate)
"""Errors that a call may raise; ResponseParserError is not a BotoCoreError."""


def ses() -> "SESV2Client":
    """Return the SES client, made on first use and kept while the function is warm."""
    with _making:
        return _ses()


def sns() -> "SNSClient":
    """Return the SNS client, made on first use and kept while the function is warm."""
    with _making:
        return _sns()


def functions() -> "LambdaClient":
    """Return the Lambda client, made on first use and kept while the function is warm."""
    with _making:
        return _functions()


def forget_clients() -> None:
    """Drop the clients; the next call makes new ones from the current environment."""
    _ses.cache_clear()
    _sns.cache_clear()
    _functions.cache_clear()


def judge(error: Exception) -> Result:
    """Translate one of AWS_ERRORS. The error's name is kept; its text, which may quote an address, is not."""
    name = type(error).__name__
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return judge_code(said.get("Code", ""), said.get("Message", ""))
    if isinstance(error, NO_CREDENTIALS):
        return Result(ResultKind.PAUSED, error=name, pause=PauseReason.CREDENTIALS)
    return Result(ResultKind.UNSENT if isinstance(error, NEVER_CONNECTED) else ResultKind.UNKNOWN, error=name)


@cache
def _ses() -> "SESV2Client":
    return _with_deadlines(_session().client("sesv2", config=_config()))


@cache
def _sns() -> "SNSClient":
    return _with_deadlines(_session().client("sns", config=_config()))


@cache
def _functions() -> "LambdaClient":
    return _session().client(
        "lambda",
        config=Config(connect_timeout=INVOKE_TIMEOUT, read_timeout=INVOKE_TIMEOUT, retries={"total_max_attempts": 1}),
    )


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
