"""TCP proxy before PostgreSQL: counts connections, and stands for a database that sleeps by a clock that is moved."""

import contextlib
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from foundation import clock
from tests.support.patience import wait_until

CHUNK = 65_536
AWAKE_FOR = timedelta(seconds=300)
"""Time from the end of the last connection after which the database sleeps."""


class SleepyProxy:
    """Context manager; `port` is the database's.

    `resume` moves the clock by the time that the database takes, or returns False if whoever connects gives up before.
    """

    def __init__(self, host: str, port: int, resume: Callable[[], object] = lambda: None) -> None:
        self._target = (host, port)
        self._resume = resume
        self._lock = threading.Lock()
        self._open = 0
        self._is_resuming = False
        self._idle_since: datetime | None = None
        self._awake_since: datetime | None = None
        self.connections = 0
        self.awake = timedelta()
        """Time awake, in periods that are over."""
        self.wakes = 0

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def settle(self) -> None:
        """Wait until the server has ended all sessions, before the clock is moved."""
        wait_until(lambda: not self._open)

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._server.accept()
            except OSError:
                return
            if not self._wake():
                client.close()
                continue
            server = socket.create_connection(self._target)
            forward = threading.Thread(target=_copy, args=(client, server), daemon=True)
            forward.start()
            threading.Thread(target=self._answer, args=(server, client, forward), daemon=True).start()

    def _wake(self) -> bool:
        with self._lock:
            self.connections += 1
            self._open += 1
            now = clock.now()
            is_asleep = self._open == 1 and (self._idle_since is None or now - self._idle_since > AWAKE_FOR)
            if is_asleep:
                if self._idle_since and self._awake_since:
                    self.awake += self._idle_since + AWAKE_FOR - self._awake_since
                self._awake_since = now
                self.wakes += 1
        if is_asleep or self._is_resuming:
            self._is_resuming = self._resume() is False
        if self._is_resuming:
            self._leave()
        return not self._is_resuming

    def _leave(self) -> None:
        with self._lock:
            self._open -= 1
            self._idle_since = clock.now()

    def _answer(self, server: socket.socket, client: socket.socket, forward: threading.Thread) -> None:
        _copy(server, client)
        forward.join()
        self._leave()
        for end in (server, client):
            end.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(CHUNK):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
