"""Visitor: a connection that executes one statement after the other, and times each."""

import itertools
import os
import threading
import time
from typing import Self

import psycopg
from psycopg.abc import QueryNoTemplate

from infra.errors import BenchmarkFailed

READS: tuple[QueryNoTemplate, ...] = (
    "SELECT status FROM subscriptions_subscription WHERE id = %s",
    "SELECT transition FROM subscriptions_subscriptionevent WHERE id = %s",
    "SELECT state FROM notifications_notification WHERE id = %s",
    "SELECT username FROM auth_user WHERE id = %s",
)
UPDATES: tuple[QueryNoTemplate, ...] = (
    "UPDATE subscriptions_subscription SET end_date = end_date WHERE id = %s",
    "UPDATE notifications_notification SET due_at = due_at WHERE id = %s",
    "UPDATE auth_user SET last_login = now() WHERE id = %s",
)
PAUSE = 0.005
"""Seconds between two statements of a visitor."""
STRIDE = 7919
"""A prime, so that each statement meets another row."""


class Visitor(threading.Thread):
    """Visitor of the rows 1 to `number` while the `with` block runs, on a connection of its own."""

    def __init__(self, statements: tuple[QueryNoTemplate, ...], number: int) -> None:
        super().__init__()
        self._statements = statements
        self._number = number
        self._ends = threading.Event()
        self._guard = threading.Lock()
        self._began: float | None = None
        self._longest = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ends.set()
        self.join()

    def run(self) -> None:
        """Visit row after row."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            for turn, statement in enumerate(itertools.cycle(self._statements)):
                if self._ends.wait(PAUSE):
                    return
                self._begin()
                connection.execute(statement, (1 + turn * STRIDE % self._number,))
                self._end()

    def take_longest(self) -> float:
        """Return the milliseconds of the longest statement since the last call, one that still waits included.

        Raises BenchmarkFailed if a statement of the visitor has failed.
        """
        if not self.is_alive():
            raise BenchmarkFailed("a visitor's statement failed")
        with self._guard:
            waited = 0.0 if self._began is None else time.perf_counter() - self._began
            longest, self._longest = max(self._longest, waited), 0.0
        return longest * 1000

    def _begin(self) -> None:
        with self._guard:
            self._began = time.perf_counter()

    def _end(self) -> None:
        with self._guard:
            if self._began is not None:
                self._longest = max(self._longest, time.perf_counter() - self._began)
            self._began = None
