"""Requests in progress: a browser that has moved on leaves requests behind that still change the database."""

import threading
from types import TracebackType
from typing import Self

from django.core.signals import request_finished, request_started

from tests.support.patience import wait_until


class Traffic:
    """Context manager that counts the requests answered by this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = 0

    def __enter__(self) -> Self:
        request_started.connect(self._begin)
        request_finished.connect(self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        request_started.disconnect(self._begin)
        request_finished.disconnect(self._end)

    def wait_until_quiet(self) -> None:
        """Wait until every started request is answered."""
        wait_until(lambda: self._at_work == 0)

    def _begin(self, **_: object) -> None:
        with self._lock:
            self._at_work += 1

    def _end(self, **_: object) -> None:
        with self._lock:
            self._at_work -= 1
