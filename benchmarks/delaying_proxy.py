"""Network latency: a TCP proxy, in a process of its own, that delays all data.

    python -m benchmarks.delaying_proxy PORT SECONDS

Listens on a free loopback port, which it prints, in front of PORT. Each byte arrives half of SECONDS after it was sent,
so that a round trip takes SECONDS longer; consecutive data is not delayed further.
"""

import contextlib
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from infra.lambda_local.lifetime import end_with_this_thread

CHUNK = 65_536  # bytes
LOOPBACK = "127.0.0.1"


class DelayingProxy:
    """Context manager; `url` is the same database with this much added round-trip time."""

    def __init__(self, url: str, seconds: float) -> None:
        self._address = urlsplit(url)
        self._seconds = seconds

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__, str(self._address.port), str(self._seconds)]
        self._process = subprocess.Popen(  # noqa: S603 - this module
            command,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
        )
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        port = int(self._process.stdout.readline())
        self.url = self._address._replace(netloc=f"{self._address.username}@{LOOPBACK}:{port}").geturl()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def serve(port: int, seconds: float) -> None:
    """Accept connections until killed, and forward each."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            client, _ = listening.accept()
            server = socket.create_connection((LOOPBACK, port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _join(client, server, seconds / 2)
            _join(server, client, seconds / 2)


def _join(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Forward data from one socket to the other, each piece after `delay`."""
    pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(source, pieces, delay), daemon=True).start()
    threading.Thread(target=_give, args=(target, pieces), daemon=True).start()


def _take(source: socket.socket, pieces: "queue.SimpleQueue[tuple[float, bytes]]", delay: float) -> None:
    piece = b"-"
    while piece:
        try:
            piece = source.recv(CHUNK)
        except OSError:  # the other side closed first
            piece = b""
        pieces.put((time.monotonic() + delay, piece))


def _give(target: socket.socket, pieces: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
    with contextlib.suppress(OSError):  # the peer may be gone
        while True:
            due, piece = pieces.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                break
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
