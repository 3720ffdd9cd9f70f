"""The sandboxes of one function, one per concurrent invocation."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from infra.lambda_local.sandbox.sandbox import Sandbox


class SandboxPool:
    """Creates sandboxes as needed, up to `limit`. A further invocation waits, where Lambda answers 429."""

    def __init__(self, make: Callable[[], Sandbox], limit: int) -> None:
        self._make = make
        self._free = threading.BoundedSemaphore(limit)
        self._idle: list[Sandbox] = []
        self._made: list[Sandbox] = []
        self._ended = False

    @contextlib.contextmanager
    def sandbox(self) -> Iterator[Sandbox]:
        """Yield an idle sandbox, the most recently used first."""
        with self._free:
            sandbox = self._an_idle_one() or self._another()
            try:
                yield sandbox
            finally:
                self._idle.append(sandbox)

    def end(self) -> None:
        """End all sandboxes, and any that is requested later."""
        self._ended = True
        for sandbox in self._made:
            sandbox.end()

    def _an_idle_one(self) -> Sandbox | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _another(self) -> Sandbox:
        sandbox = self._make()
        self._made.append(sandbox)
        if self._ended:
            sandbox.end()
        return sandbox
