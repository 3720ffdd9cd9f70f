"""Verdicts on AWS errors, and clients without retries."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from infra.packaging.package_contents import AWS_SERVICES
from notifications.aws import clients
from notifications.aws.error_codes import PAUSES, RESULT_KINDS
from notifications.aws.results import ResultKind
from notifications.ses import mailer
from tests.support.patience import PATIENCE_SECONDS

MESSAGE = mailer.Message(notification=1, recipient="ada@example.com", mime=b"Subject: x\n\nx")


ROWS = {
    "AccessDenied": "paused: credentials",
    "AccessDeniedException": "paused: credentials",
    "AuthorizationError": "paused: credentials",
    "ExpiredToken": "paused: credentials",
    "ExpiredTokenException": "paused: credentials",
    "IncompleteSignature": "paused: credentials",
    "InvalidClientTokenId": "paused: credentials",
    "InvalidSecurity": "paused: credentials",
    "InvalidSignatureException": "paused: credentials",
    "MissingAuthenticationToken": "paused: credentials",
    "MissingAuthenticationTokenException": "paused: credentials",
    "NotAuthorized": "paused: credentials",
    "OptInRequired": "paused: credentials",
    "RequestExpired": "unsent",
    "SignatureDoesNotMatch": "paused: credentials",
    "UnrecognizedClientException": "paused: credentials",
    "AccountSuspendedException": "paused: account",
    "SendingPausedException": "paused: account",
    "KMSAccessDenied": "paused: configuration",
    "KMSDisabled": "paused: configuration",
    "KMSInvalidState": "paused: configuration",
    "KMSNotFound": "paused: configuration",
    "KMSOptInRequired": "paused: configuration",
    "MailFromDomainNotVerifiedException": "paused: configuration",
    "NotFound": "paused: configuration",
    "NotFoundException": "paused: configuration",
    "429": "throttled",
    "KMSThrottling": "throttled",
    "LimitExceededException": "throttled",
    "RequestLimitExceeded": "throttled",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "TooManyRequestsException": "throttled",
    "BadRequestException": "refused",
    "InvalidParameter": "refused",
    "InvalidParameterValue": "refused",
    "MessageRejected": "refused",
    "ParameterValueInvalid": "refused",
    "ValidationError": "refused",
    "ValidationException": "refused",
    "BatchEntryIdsNotDistinct": "unsent",
    "BatchRequestTooLong": "unsent",
    "EmptyBatchRequest": "unsent",
    "EndpointDisabled": "unsent",
    "InvalidBatchEntryId": "unsent",
    "PlatformApplicationDisabled": "unsent",
    "TooManyEntriesInBatchRequest": "unsent",
    "InternalError": "unknown",
    # in no row: the safe class
    "InternalFailure": "unknown",
    "ServiceUnavailable": "unknown",
    "500": "unknown",
    "403": "unknown",
    "SomethingNew": "unknown",
    "": "unknown",
}
"""Expected kind per error code."""


def client_error(code: str, message: str = "about ada@example.com") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")


def judged(error: Exception) -> str:
    result = clients.judge(error)
    return f"{result.kind.value}: {result.pause.value}" if result.pause else result.kind.value


@pytest.mark.parametrize(("code", "expected"), ROWS.items())
def test_code_gets_its_verdict_and_leaves_no_text(code: str, expected: str) -> None:
    assert judged(client_error(code)) == expected
    assert clients.judge(client_error(code)).error == (code or "no code")


def test_every_row_of_the_table_is_tested() -> None:
    assert ROWS.keys() >= RESULT_KINDS.keys() >= PAUSES.keys()


@pytest.mark.parametrize(("service", "operation"), [("sesv2", "SendEmail"), ("sns", "PublishBatch")])
def test_every_error_that_aws_documents_for_our_calls_has_a_row(service: str, operation: str) -> None:
    model = get_session().get_service_model(service).operation_model(operation)
    codes = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
    assert codes
    assert codes <= RESULT_KINDS.keys()


@pytest.mark.parametrize(
    "code", ["TooManyRequestsException", "LimitExceededException", "Throttling", "ThrottlingException"]
)
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Daily message quota exceeded.", "paused: quota"),
        ("Daily sending quota exceeded", "paused: quota"),
        ("Maximum sending rate exceeded.", "throttled"),
        ("In words that nobody has documented", "throttled"),
        ("", "throttled"),
    ],
)
def test_quota_of_the_day_is_told_from_that_of_the_second_by_the_documented_words(
    code: str, message: str, expected: str
) -> None:
    assert judged(client_error(code, message)) == expected


def test_words_of_the_quota_say_nothing_beside_another_code() -> None:
    assert judged(client_error("MessageRejected", "Daily message quota exceeded")) == "refused"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (EndpointConnectionError(endpoint_url="x"), "unsent"),
        (ConnectTimeoutError(endpoint_url="x"), "unsent"),
        (ProxyConnectionError(proxy_url="x", error="x"), "unsent"),
        (NoCredentialsError(), "paused: credentials"),
        (PartialCredentialsError(provider="x", cred_var="x"), "paused: credentials"),
        (CredentialRetrievalError(provider="x", error_msg="x"), "paused: credentials"),
        (ReadTimeoutError(endpoint_url="x"), "unknown"),
        (ConnectionClosedError(endpoint_url="x"), "unknown"),
        (ResponseParserError("garbage"), "unknown"),
        (BotoCoreError(), "unknown"),
    ],
)
def test_only_what_never_connected_is_certainly_unsent(error: Exception, expected: str) -> None:
    assert isinstance(error, clients.AWS_ERRORS)
    assert judged(error) == expected


class Broken(BaseHTTPRequestHandler):
    """Server that accepts the mail, then fails as configured, and counts requests."""

    way = ""
    requests = 0

    def do_POST(self) -> None:
        type(self).requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.way in ("429", "500"):
            self.send_response(int(self.way))
            self.end_headers()
        elif self.way == "garbage":
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"not json{")
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def broken_ses(monkeypatch: pytest.MonkeyPatch, local_credentials: None) -> Iterator[type[Broken]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    Broken.requests = 0
    yield Broken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def local_credentials(monkeypatch: pytest.MonkeyPatch, fresh_clients: None) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize("way", ["500", "garbage", "reset"])
def test_lost_answer_is_unknown_after_a_single_request(broken_ses: type[Broken], way: str) -> None:
    broken_ses.way = way
    assert mailer.send(MESSAGE).kind is ResultKind.UNKNOWN
    assert broken_ses.requests == 1


def test_status_429_without_a_word_is_throttled(broken_ses: type[Broken]) -> None:
    broken_ses.way = "429"
    assert (mailer.send(MESSAGE).kind, broken_ses.requests) == (ResultKind.THROTTLED, 1)


def test_refused_connection_is_unsent(monkeypatch: pytest.MonkeyPatch, local_credentials: None) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        result = mailer.send(MESSAGE)
    assert (result.kind, result.error) == (ResultKind.UNSENT, "EndpointConnectionError")


def test_threads_share_one_client(local_credentials: None) -> None:
    barrier = Barrier(8)

    def client(_: int) -> int:
        barrier.wait(timeout=PATIENCE_SECONDS)
        return id(clients.ses())

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(client, range(8)))) == 1


def test_package_holds_the_description_of_each_service_that_the_code_calls() -> None:
    made = set(re.findall(r'\.client\(\s*"(\w+)"', Path(clients.__file__).read_text(encoding="utf-8")))
    assert made == set(AWS_SERVICES)
