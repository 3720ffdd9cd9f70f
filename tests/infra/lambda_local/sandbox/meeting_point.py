"""Where a function and a test meet: the test then knows what the function is at, and the function waits for it.

A connection on the loopback address is the one thing that reaches out of every kind of sandbox.
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
"""For a function's source: tells its process id, and waits for ever, or until the test lets it go."""


class MeetingPoint:
    """Context manager. Functions come to `port`."""

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
        """On the loopback address."""
        port: int = self._server.getsockname()[1]
        return port

    def await_one(self) -> int:
        """The process id of the next function that comes; it goes on waiting."""
        self._server.settimeout(PATIENCE_SECONDS)
        connection, _ = self._server.accept()
        self._waiting.append(connection)
        with connection.makefile() as lines:
            return int(lines.readline())

    def let_go(self) -> None:
        """Let the one go on that has waited longest."""
        self._waiting.pop(0).close()

    @property
    def somebody_is_at_the_door(self) -> bool:
        """Whether one has come that was not awaited."""
        self._server.settimeout(0)
        try:
            connection, _ = self._server.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True
