"""HTTP servers on the loopback address, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeVar

HOST = "127.0.0.1"
POLL_SECONDS = 0.02
"""The longest time that `stop` waits for the server to notice."""
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

Server = TypeVar("Server", bound=HTTPServer)


def listen(make: Callable[[tuple[str, int]], Server], preferred_port: int = 0) -> Server:
    """Return a server on the preferred port, or on a free port if that one is taken."""
    try:
        return make((HOST, preferred_port))
    except OSError:
        return make((HOST, 0))


class LoopbackServer(ThreadingHTTPServer):
    """A server with a thread per connection. Open connections do not delay its end."""

    daemon_threads = True
    block_on_close = False  # a browser keeps connections open, and so may a process that is killed


class ServerThread:
    """Context manager: serves while it is open. The address is known before."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, name=type(self).__name__, daemon=True
        )

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The address without a slash at the end."""
        return f"http://{self.address}"

    def start(self) -> None:
        """Start serving."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, and close the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class LoopbackHandler(BaseHTTPRequestHandler):
    """A request handler that keeps connections open and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: two packets wait 40 ms for each other's acknowledgement

    def send(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send a whole response; the body, and its length, only where HTTP has one."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in BODILESS:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass
