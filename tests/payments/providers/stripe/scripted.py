"""HTTP server that answers the SDK from a script, for answers that no orderly provider gives."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """Request as it arrived: Stripe's parameters are a form or a query."""

    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """Answer of the script."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    stall: threading.Event | None = None
    """The answer begins, and goes on when this is set."""


@dataclass
class Script:
    """Answers that are still to be given, and the requests so far."""

    address: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)

    def answer(self, body: Any, status: int = 200) -> None:
        """Give this JSON next."""
        self.answers.append(Answer(status, json.dumps(body).encode()))

    def refuse(self, status: int, **error: Any) -> None:
        """Refuse the next request with Stripe's error object."""
        self.answer({"error": {"type": "invalid_request_error", "message": "refused", **error}}, status)

    @property
    def last(self) -> Request:
        """The request that came last."""
        return self.requests[-1]


class ScriptedHandler(BaseHTTPRequestHandler):
    """Handler of one connection."""

    script: Script

    def do_GET(self) -> None:
        self._serve("")

    def do_DELETE(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, *arguments: object) -> None:
        pass

    def _serve(self, body: str) -> None:
        url = urlsplit(self.path)
        parameters = dict(parse_qsl(body or url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.script.requests.append(Request(self.command, url.path, parameters, headers))
        answer = self.script.answers.popleft()
        if not answer.hang_up:
            self._give(answer)

    def _give(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.stall:
            self.wfile.write(answer.body[:1])
            answer.stall.wait()
        else:
            self.wfile.write(answer.body)


@contextmanager
def scripted() -> Iterator[Script]:
    """Serve a script on a free port."""
    script = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (ScriptedHandler,), {"script": script}))
    server.daemon_threads = True
    script.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
