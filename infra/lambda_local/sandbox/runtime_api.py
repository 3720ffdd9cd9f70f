"""Lambda's Runtime API for one process of a function, on a free loopback port.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any, cast

from infra.lambda_local.loopback_server import HOST, LoopbackHandler, LoopbackServer, ServerThread

LARGEST_PAYLOAD = 6 * 1024 * 1024 + 100
"""Bytes of an event or an answer. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

The 100 are in the message by which Lambda refuses more.
"""

NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
OUTCOME = re.compile(r"/2018-06-01/runtime/invocation/(?P<request_id>[^/]+)/(?P<kind>response|error)")

LambdaError = dict[str, Any]
"""The error of a failed function: `errorType`, `errorMessage`, mostly a `stackTrace`."""


@dataclass(frozen=True)
class Invocation:
    """An event on its way to the function. `deadline` is in seconds since the epoch."""

    request_id: str
    function_arn: str
    deadline: float
    event: bytes
    trace_id: str = "Root=1-00000000-000000000000000000000000;Sampled=0"

    def headers(self) -> dict[str, str]:
        """Return the headers that accompany the event."""
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }


@dataclass(frozen=True)
class Ready:
    """The process waits for an event: it has started, or finished the previous one."""


@dataclass(frozen=True)
class Answered:
    """The handler returned; `payload` is the JSON of it."""

    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The handler raised."""

    error: LambdaError


@dataclass(frozen=True)
class Refused:
    """The handler's answer was refused, which the runtime client does not survive."""

    error: LambdaError


@dataclass(frozen=True)
class StartFailed:
    """The process could not import the handler."""

    error: LambdaError


@dataclass(frozen=True)
class Exited:
    """The process is gone; `status` as `subprocess.Popen.returncode` has it."""

    status: int


Message = Ready | Answered | Failed | Refused | StartFailed | Exited


class RuntimeAPI:
    """Gives one process its events, and puts its responses into `messages`."""

    def __init__(self) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self._server = _Server(self.messages)
        self._serving = ServerThread(self._server)
        self._serving.start()

    @property
    def address(self) -> str:
        """Return host and port for AWS_LAMBDA_RUNTIME_API."""
        return self._serving.address

    def offer(self, invocation: Invocation) -> None:
        """Give the process the invocation as soon as it asks for one."""
        self._server.offered = invocation
        self._server.invocations.put(invocation)

    def close(self) -> None:
        """Stop serving."""
        self._server.invocations.put(None)
        self._serving.stop()


class _Server(LoopbackServer):
    def __init__(self, messages: SimpleQueue[Message]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.messages = messages
        self.invocations: SimpleQueue[Invocation | None] = SimpleQueue()
        self.offered: Invocation | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: a killed process breaks its connection, and `Exited` reports its end."""


class _Handler(LoopbackHandler):
    @property
    def api(self) -> _Server:
        return cast("_Server", self.server)

    def do_GET(self) -> None:
        if self.path != NEXT:
            self._answer(HTTPStatus.NOT_FOUND, {"errorType": "NotFound"})
            return
        self.api.messages.put(Ready())
        invocation = self.api.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        self.send(HTTPStatus.OK, invocation.headers().items(), invocation.event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == INIT_ERROR:
            self.api.messages.put(StartFailed(_error(body)))
            self._answer(HTTPStatus.ACCEPTED, {"status": "OK"})
        elif outcome := OUTCOME.fullmatch(self.path):
            self._take(outcome, body)
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"errorType": "NotFound"})

    def _take(self, outcome: re.Match[str], body: bytes) -> None:
        if self.api.offered is None or outcome["request_id"] != self.api.offered.request_id:
            self._answer(HTTPStatus.BAD_REQUEST, {"errorType": "InvalidRequestID"})
        elif outcome["kind"] == "error":
            self._accept(Failed(_error(body)))
        elif len(body) > LARGEST_PAYLOAD:
            self._finish(Refused(_too_large()))
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"errorType": "RequestEntityTooLarge"})
        else:
            self._accept(Answered(body))

    def _accept(self, message: Message) -> None:
        self._finish(message)
        self._answer(HTTPStatus.ACCEPTED, {"status": "OK"})

    def _finish(self, message: Message) -> None:
        """Record the message before the process is answered, so that its next message comes after this one."""
        self.api.offered = None  # a second answer to one event is refused
        self.api.messages.put(message)

    def _answer(self, status: HTTPStatus, value: dict[str, str]) -> None:
        self.send(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def _error(body: bytes) -> LambdaError:
    error: LambdaError = json.loads(body)
    return error


def _too_large() -> LambdaError:
    return {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes).",
    }
