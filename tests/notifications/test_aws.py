"""The verdicts on AWS's errors, and clients that try once."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from notifications import aws, ses
from notifications.outcomes import Verdict
from tests.patience import PATIENCE_SECONDS

MESSAGE = ses.Message(notification=1, recipient="ada@example.com", mime=b"Subject: x\n\nx")


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "about ada@example.com"}}, "SendEmail")


@pytest.mark.parametrize(("code", "verdict"), sorted(aws.VERDICTS.items()))
def test_code_in_the_table_gets_its_verdict_without_its_text(code: str, verdict: Verdict) -> None:
    outcome = aws.judge(client_error(code))
    assert (outcome.verdict, outcome.error) == (verdict, code)


@pytest.mark.parametrize("code", ["InternalFailure", "ServiceUnavailable", "500", "SomethingNew", ""])
def test_code_that_is_not_in_the_table_may_have_been_sent(code: str) -> None:
    assert aws.judge(client_error(code)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EndpointConnectionError(endpoint_url="x"), Verdict.UNSENT),
        (ConnectTimeoutError(endpoint_url="x"), Verdict.UNSENT),
        (NoCredentialsError(), Verdict.UNSENT),
        (ReadTimeoutError(endpoint_url="x"), Verdict.UNKNOWN),
        (ConnectionClosedError(endpoint_url="x"), Verdict.UNKNOWN),
        (ResponseParserError("garbage"), Verdict.UNKNOWN),
        (BotoCoreError(), Verdict.UNKNOWN),
    ],
)
def test_only_what_never_connected_is_certainly_unsent(error: Exception, verdict: Verdict) -> None:
    assert aws.judge(error).verdict is verdict


class Broken(BaseHTTPRequestHandler):
    """Takes the mail and then fails in the way that the server names; counts the requests."""

    way = ""
    requests = 0

    def do_POST(self) -> None:
        type(self).requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.way == "500":
            self.send_response(500)
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
    assert ses.send(MESSAGE).verdict is Verdict.UNKNOWN
    assert broken_ses.requests == 1


def test_refused_connection_is_unsent(monkeypatch: pytest.MonkeyPatch, local_credentials: None) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        outcome = ses.send(MESSAGE)
    assert (outcome.verdict, outcome.error) == (Verdict.UNSENT, "EndpointConnectionError")


def test_threads_share_one_client(local_credentials: None) -> None:
    barrier = Barrier(8)

    def client(_: int) -> int:
        barrier.wait(timeout=PATIENCE_SECONDS)
        return id(aws.ses())

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(client, range(8)))) == 1
