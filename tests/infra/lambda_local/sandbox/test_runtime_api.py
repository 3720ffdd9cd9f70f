"""Lambda's Runtime API from the runtime's side."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse

import pytest

from infra.lambda_local.sandbox.runtime_api import (
    INIT_ERROR,
    LARGEST_PAYLOAD,
    NEXT,
    Answered,
    Failed,
    Invocation,
    Ready,
    Refused,
    RuntimeAPI,
    StartFailed,
)
from tests.support.patience import PATIENCE_SECONDS

OUTCOME = "/2018-06-01/runtime/invocation/{}/{}"
INVOCATION = Invocation("id-1", "arn:aws:lambda:us-east-1:123456789012:function:f", 1_700_000_000.5, b'{"a": 1}')
ERROR = {"errorType": "LookupError", "errorMessage": "no such thing"}


@pytest.fixture
def api() -> Iterator[RuntimeAPI]:
    api = RuntimeAPI()
    yield api
    api.close()


class Runtime:
    """Runtime with a connection per request."""

    def __init__(self, api: RuntimeAPI) -> None:
        self.api = api

    def next(self) -> HTTPResponse:
        return self._request("GET", NEXT)

    def post(self, path: str, body: bytes) -> int:
        return self._request("POST", path, body).status

    def _request(self, method: str, path: str, body: bytes | None = None) -> HTTPResponse:
        connection = HTTPConnection(self.api.address, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        connection.close()
        return response


@pytest.fixture
def runtime(api: RuntimeAPI) -> Runtime:
    return Runtime(api)


def take(api: RuntimeAPI) -> object:
    """Return the next message."""
    return api.messages.get(timeout=PATIENCE_SECONDS)


def test_next_waits_for_an_event_and_brings_it_with_its_headers(api: RuntimeAPI, runtime: Runtime) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(runtime.next)
        assert take(api) == Ready()
        assert not asked.done()
        api.offer(INVOCATION)
        response = asked.result()

    assert (response.status, response.body) == (200, b'{"a": 1}')  # type: ignore[attr-defined]
    assert response.headers["Lambda-Runtime-Aws-Request-Id"] == "id-1"
    assert response.headers["Lambda-Runtime-Deadline-Ms"] == "1700000000500"
    assert response.headers["Lambda-Runtime-Invoked-Function-Arn"] == INVOCATION.function_arn
    assert response.headers["Lambda-Runtime-Trace-Id"].startswith("Root=1-")


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [("response", b'"done"', Answered(b'"done"')), ("error", json.dumps(ERROR).encode(), Failed(ERROR))],
)
def test_an_outcome_is_accepted_once(
    kind: str, body: bytes, message: object, api: RuntimeAPI, runtime: Runtime
) -> None:
    api.offer(INVOCATION)
    runtime.next()

    assert runtime.post(OUTCOME.format("id-1", kind), body) == 202
    assert runtime.post(OUTCOME.format("id-1", kind), body) == 400

    assert (take(api), take(api)) == (Ready(), message)
    assert api.messages.empty()


def test_an_outcome_of_another_invocation_is_refused(api: RuntimeAPI, runtime: Runtime) -> None:
    api.offer(INVOCATION)
    assert runtime.post(OUTCOME.format("id-0", "response"), b"1") == 400
    assert api.messages.empty()


def test_an_answer_that_is_too_large_is_the_invokers_error(api: RuntimeAPI, runtime: Runtime) -> None:
    api.offer(INVOCATION)

    assert runtime.post(OUTCOME.format("id-1", "response"), b" " * (LARGEST_PAYLOAD + 1)) == 413

    message = take(api)
    assert isinstance(message, Refused)
    assert message.error["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_start_that_failed_is_told(api: RuntimeAPI, runtime: Runtime) -> None:
    assert runtime.post(INIT_ERROR, json.dumps(ERROR).encode()) == 202
    assert take(api) == StartFailed(ERROR)


def test_other_paths_do_not_exist(runtime: Runtime) -> None:
    assert runtime.post("/2018-06-01/runtime/restore/error", b"{}") == 404
    assert runtime._request("GET", "/2018-06-01/runtime/restore/next").status == 404
