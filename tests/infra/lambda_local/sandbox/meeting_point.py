"""Synchronisation between a function and a test.

A connection to a loopback address is the only thing that leaves every kind of sandbox.
"""

import socket
import textwrap
from types import TracebackType
from typing import Self

from tests.support.patience import PATIENCE_SECONDS

MEET = textwrap.dedent(
    """
    import os, socket
    def meet(port):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"%d\\n" % os.getpid())
            connection.recv(1)
    """
)
"""Source for a function that sends its process id, and waits until the test lets it continue."""


class MeetingPoint:
    """Context manager. Functions connect to `port`."""

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._waiting: list[socket.socket] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (*self._waiting, self._server):
            connection.close()

    @property
    def port(self) -> int:
        """Return the port on the loopback address."""
        port: int = self._server.getsockname()[1]
        return port

    def await_one(self) -> int:
        """Return the process id of the next function, which continues to wait."""
        self._server.settimeout(PATIENCE_SECONDS)
        connection, _ = self._server.accept()
        self._waiting.append(connection)
        with connection.makefile() as lines:
            return int(lines.readline())

    def let_go(self) -> None:
        """Let the function that has waited longest continue."""
        self._waiting.pop(0).close()

    @property
    def somebody_is_at_the_door(self) -> bool:
        """Return True if a function has connected unexpectedly."""
        self._server.settimeout(0)
        try:
            connection, _ = self._server.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True
