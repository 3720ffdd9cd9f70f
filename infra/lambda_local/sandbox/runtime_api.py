"""Lambda's Runtime API, as one process of a function sees it, on a free loopback port.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import re
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, cast

LARGEST_PAYLOAD = 6 * 1024 * 1024 + 100
"""Bytes of an event or an answer. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

The 100 are in the message by which Lambda refuses more.
"""

NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
OUTCOME = re.compile(r"/2018-06-01/runtime/invocation/(?P<request_id>[^/]+)/(?P<kind>response|error)")

LambdaError = dict[str, Any]
"""What the invoker of a failed function gets: `errorType`, `errorMessage`, mostly a `stackTrace`."""


@dataclass(frozen=True)
class Invocation:
    """An event on its way to the function. `deadline` is in seconds since the epoch."""

    request_id: str
    function_arn: str
    deadline: float
    event: bytes
    trace_id: str = "Root=1-00000000-000000000000000000000000;Sampled=0"

    def headers(self) -> dict[str, str]:
        """What the Runtime API says beside the event."""
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }


@dataclass(frozen=True)
class Ready:
    """The process waits for an event: it has started, or is done with the one before."""


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
    """Hands one process its events, and tells in `messages` what the process makes of them."""

    def __init__(self) -> None:
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self._server = _Server(self.messages)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="Runtime API", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API takes them."""
        return f"127.0.0.1:{self._server.server_port}"

    def offer(self, invocation: Invocation) -> None:
        """Hand out the invocation, at once if the process waits for one."""
        self._server.offered = invocation
        self._server.invocations.put(invocation)

    def close(self) -> None:
        """Serve no more."""
        self._server.invocations.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a process that is killed may leave a connection open

    def __init__(self, messages: SimpleQueue[Message]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages = messages
        self.invocations: SimpleQueue[Invocation | None] = SimpleQueue()
        self.offered: Invocation | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the connection of a process that is killed breaks, and its end is told by `Exited`."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one piece: two pieces wait 40 ms for each other's acknowledgement

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
        self._send(HTTPStatus.OK, invocation.event, invocation.headers())

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
        """Before the process hears of it: what it does next, such as to wait for an event, must come after this."""
        self.api.offered = None  # a second answer to one event is refused
        self.api.messages.put(message)

    def _answer(self, status: HTTPStatus, value: dict[str, str]) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Keep quiet."""


def _error(body: bytes) -> LambdaError:
    error: LambdaError = json.loads(body)
    return error


def _too_large() -> LambdaError:
    return {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes).",
    }
