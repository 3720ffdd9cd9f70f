"""HTTP requests become AWS's events, and function results become responses."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.lambda_local.gateway.api_gateway import API, ApiGateway
from infra.lambda_local.gateway.http_api import HttpAPI
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.runtime_api import LARGEST_PAYLOAD
from tests.support.patience import PATIENCE_SECONDS

HOST = "local.execute-api.us-east-1.amazonaws.com"
EVENTS = Path(__file__).parents[3] / "events"
BINARY = bytes(range(256))
APIS: dict[str, API] = {"rest": RestAPI(HOST, "dev"), "http": HttpAPI(HOST, "dev")}


class Hurried(RestAPI):
    """API with a short limit."""

    limit = timedelta(seconds=0.2)


@dataclass
class Function:
    """Function behind the gateway."""

    payload: Any = field(default_factory=lambda: {"statusCode": 200, "body": "done"})
    error: dict[str, str] | None = None
    goes_on: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, event: dict[str, Any]) -> InvocationResult:
        self.events.append(event)
        if self.hangs:
            self.goes_on.wait(PATIENCE_SECONDS)
        return InvocationResult("id", self.payload, self.error, timedelta(0), None, "")


@dataclass
class Client:
    """HTTP client of a gateway."""

    gateway: ApiGateway
    function: Function

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, HTTPMessage, bytes]:
        """Return status, headers and body. Underscores in header names become hyphens."""
        connection = HTTPConnection(urlsplit(self.gateway.url).netloc, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer

    @property
    def event(self) -> dict[str, Any]:
        """Return the only event that the function received."""
        (event,) = self.function.events
        return event


@pytest.fixture
def gateways() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def client_of(gateways: ExitStack, api: API, function: Function | None = None) -> Client:
    function = function or Function()
    return Client(gateways.enter_context(ApiGateway(api, function.invoke)), function)


@pytest.fixture
def rest(gateways: ExitStack) -> Client:
    return client_of(gateways, APIS["rest"])


@pytest.fixture
def http(gateways: ExitStack) -> Client:
    return client_of(gateways, APIS["http"])


@pytest.fixture(params=APIS)
def either(request: pytest.FixtureRequest, gateways: ExitStack) -> Client:
    return client_of(gateways, APIS[request.param])


def sample(name: str) -> dict[str, Any]:
    """Return one of AWS's sample events."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def test_rest_event_is_awss(rest: Client) -> None:
    rest.ask("/dev/a%20b/c?x=1&x=2&y=", "POST", b"body", User_Agent="me", Cookie="a=1; b=2")

    event = rest.event
    assert event.keys() == sample("apigateway-aws-proxy").keys()
    assert (event["path"], event["httpMethod"], event["resource"]) == ("/a%20b/c", "POST", "/{proxy+}")
    assert event["queryStringParameters"] == {"x": "2", "y": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""]}
    assert event["headers"]["Host"] == HOST
    assert event["multiValueHeaders"]["Cookie"] == ["a=1; b=2"]
    assert event["requestContext"]["path"] == "/dev/a%20b/c"
    assert event["requestContext"]["stage"] == "dev"
    assert event["requestContext"]["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "me"}
    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"body").decode(), True)


def test_http_event_is_awss(http: Client) -> None:
    http.ask("/dev/a%20b/c?x=1&x=2&y=", "POST", b"body", User_Agent="me", Cookie="a=1; b=2", Content_Type="text/plain")

    event = http.event
    assert event.keys() == sample("apigateway-http-api-proxy").keys() - {"pathParameters", "stageVariables"}
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/dev/a%20b/c", "x=1&x=2&y=")
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["host"] == HOST
    assert "cookie" not in event["headers"]
    assert event["requestContext"]["http"] == {
        "method": "POST",
        "path": "/dev/a%20b/c",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "me",
    }
    assert (event["body"], event["isBase64Encoded"]) == ("body", False)


def test_http_event_has_other_bodies_in_base64(http: Client) -> None:
    http.ask("/dev/", "POST", b"a=1", Content_Type="application/x-www-form-urlencoded")
    http.ask("/dev/", "POST", b"\xff", Content_Type="text/plain")

    for event, body in zip(http.function.events, (b"a=1", b"\xff"), strict=True):
        assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (body, True)


def test_request_without_a_body_has_none(rest: Client, http: Client) -> None:
    rest.ask("/dev")
    http.ask("/dev")

    assert (rest.event["path"], rest.event["body"], rest.event["pathParameters"]) == ("/", None, None)
    assert (http.event["rawPath"], "body" in http.event) == ("/dev", False)


def test_function_sees_the_api_and_the_browser_sees_the_gateway(rest: Client) -> None:
    here, _, _ = rest.gateway.url.rpartition("/")
    rest.function.payload = {"statusCode": 302, "headers": {"Location": f"https://{HOST}/dev/there"}}

    _, headers, _ = rest.ask(
        "/dev/", Origin=here, Referer=f"{here}/dev/x", X_Forwarded_For="203.0.113.1", X_Forwarded_Proto="http"
    )

    seen = rest.event["multiValueHeaders"]
    assert (seen["Origin"], seen["Referer"]) == ([f"https://{HOST}"], [f"https://{HOST}/dev/x"])
    assert (seen["X-Forwarded-Proto"], seen["X-Forwarded-Port"]) == (["https"], ["443"])
    assert seen["X-Forwarded-For"] == ["203.0.113.1, 127.0.0.1"]
    assert headers["Location"] == f"{here}/dev/there"


def test_bytes_pass_unchanged_both_ways(either: Client) -> None:
    encoded = base64.b64encode(BINARY).decode()
    either.function.payload = {"statusCode": 200, "body": encoded, "isBase64Encoded": True}

    _, _, body = either.ask("/dev/", "POST", BINARY, Content_Type="application/octet-stream")

    assert body == BINARY
    assert base64.b64decode(either.event["body"]) == BINARY


def test_rest_answer_merges_its_headers_and_sets_several_cookies(rest: Client) -> None:
    rest.function.payload = {
        "statusCode": 401,
        "headers": {"X-One": "1", "Set-Cookie": "b=2"},
        "multiValueHeaders": {
            "Set-Cookie": ["a=1", "b=2"],
            "set-cookie": ["a=1"],
            "WWW-Authenticate": ["Token"],
        },
        "body": "Grüße",
    }

    status, headers, body = rest.ask("/dev/")

    assert (status, body.decode()) == (401, "Grüße")
    assert headers["X-One"] == "1"
    assert sorted(headers.get_all("Set-Cookie", [])) == ["a=1", "a=1", "b=2"]
    assert headers["x-amzn-Remapped-WWW-Authenticate"] == "Token"


def test_http_answer_has_its_cookies_apart(http: Client) -> None:
    http.function.payload = {
        "statusCode": 201, "headers": {"X-One": "1", "Content-Length": "7"}, "cookies": ["a=1", "b=2"], "body": "x",
    }  # fmt: skip

    status, headers, body = http.ask("/dev/")

    assert (status, headers["X-One"], body) == (201, "1", b"x")
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert headers.get_all("Content-Length") == ["1"]


def test_http_answer_without_a_status_is_the_body(http: Client) -> None:
    http.function.payload = {"a": 1}

    status, headers, body = http.ask("/dev/")

    assert (status, headers["Content-Type"], json.loads(body)) == (200, "application/json", {"a": 1})


@pytest.mark.parametrize(
    "payload",
    [None, "done", [], {}, {"statusCode": "ok"}, {"statusCode": 200, "body": 7}, {"statusCode": 200, "headers": [1]}],
)
def test_rest_answers_502_for_what_is_no_answer(payload: Any, rest: Client) -> None:
    rest.function.payload = payload

    status, _, body = rest.ask("/dev/")

    assert (status, json.loads(body)) == (502, {"message": "Internal server error"})


@pytest.mark.parametrize("payload", [{"statusCode": "ok"}, {"statusCode": 200, "body": "%", "isBase64Encoded": True}])
def test_http_answers_500_for_what_is_no_answer(payload: Any, http: Client) -> None:
    http.function.payload = payload

    assert http.ask("/dev/")[0] == 500


@pytest.mark.parametrize(("kind", "status"), [("rest", 502), ("http", 500)])
def test_function_that_fails_is_an_error_without_its_words(kind: str, status: int, gateways: ExitStack) -> None:
    failing = Function(error={"errorType": "LookupError", "errorMessage": "secret"})

    answer = client_of(gateways, APIS[kind], failing).ask("/dev/")

    assert answer[0] == status
    assert b"secret" not in answer[2]


def test_function_that_takes_too_long_is_not_waited_for(gateways: ExitStack) -> None:
    function = Function(hangs=True)
    client = client_of(gateways, Hurried(HOST, "dev"), function)

    status, _, body = client.ask("/dev/")
    function.goes_on.set()

    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})
    assert RestAPI.limit == timedelta(seconds=29)


@pytest.mark.parametrize("path", ["/", "/production/", "/developer"])
def test_other_stages_do_not_exist(path: str, rest: Client, http: Client) -> None:
    assert (rest.ask(path)[0], http.ask(path)[0]) == (403, 404)
    assert rest.function.events == http.function.events == []


def test_request_that_is_too_large_does_not_reach_the_function(either: Client) -> None:
    status, _, _ = either.ask("/dev/", "POST", bytes(LARGEST_PAYLOAD * 3 // 4), Content_Type="application/zip")

    assert status == 413
    assert either.function.events == []


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: many"])
def test_request_whose_end_is_not_known_is_refused(header: str, rest: Client) -> None:
    address = urlsplit(rest.gateway.url)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"POST /dev/ HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert connection.makefile().readline().split()[1] == "411"


def test_head_has_no_body(rest: Client) -> None:
    status, headers, body = rest.ask("/dev/", "HEAD")

    assert (status, headers["Content-Length"], body) == (200, "4", b"")
    assert rest.event["httpMethod"] == "HEAD"
