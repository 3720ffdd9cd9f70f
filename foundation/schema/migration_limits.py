"""Time limits for statements of a migration, so that none blocks others for long.

A statement that waits for a lock blocks all later ones on the table, so it gives up after LOCK_WAIT and is retried.
Limits are set per statement; inside a transaction they apply to that transaction only.
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from foundation.orm.database_errors import sqlstates

LOCK_WAIT = timedelta(seconds=3)
"""Wait per attempt. All traffic on a table queues behind a statement that waits for ACCESS EXCLUSIVE."""
ATTEMPTS = 5
"""Attempts per statement or transaction."""
PAUSE = timedelta(seconds=2)
"""Pause after the first attempt, in which queued traffic is served; doubled after each further one."""
IDLE = timedelta(seconds=30)
"""Time that an open transaction may idle: the limit for the locks of a terminated sandbox."""
SHORTEST = timedelta(seconds=1)
"""Minimum limit of a statement; 0 would mean no limit."""
LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""

LOCKS_NOBODY_OUT = re.compile(r"\bCONCURRENTLY\b|\bVALIDATE\s+CONSTRAINT\b", re.IGNORECASE)
"""Statements that take SHARE UPDATE EXCLUSIVE at most, which allows reads and writes.

They wait for earlier transactions, however long those take, so they have no lock timeout.
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""
CHANGES_ROWS = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|WITH|COPY)\b", re.IGNORECASE)
BUILT_INDEX = re.compile(
    r'\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("[^"]+"|\w+)', re.IGNORECASE
)
SETTINGS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
SET = "SELECT " + ", ".join(f"set_config('{setting}', %s, %s)" for setting in SETTINGS)
RESET = tuple(f"RESET {setting}" for setting in SETTINGS)
INVALID = "SELECT i.indexrelid::regclass FROM pg_index i WHERE i.indexrelid = to_regclass(%s) AND NOT i.indisvalid"

Execute = Callable[..., Any]


class OutOfTime(Exception):
    """The time for migrations is over. The next run continues with those not recorded."""


class LockHeld(Exception):
    """Another session held a lock during all ATTEMPTS of a statement outside a transaction."""


@dataclass
class MigrationLimits:
    """Limits of one migration run on one connection. Outside PostgreSQL only the time applies.

    `time_left` is called before each statement; None means no limit.
    """

    connection: BaseDatabaseWrapper
    time_left: Callable[[], timedelta | None]
    lock_wait: timedelta = LOCK_WAIT
    pause: timedelta = PAUSE
    rows_changed: bool = False
    """True once changed rows have been committed."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Apply the limits to all statements of the connection inside the block."""
        with self.connection.execute_wrapper(self._execute):
            try:
                yield
            finally:
                self._reset()

    def wait(self, attempt: int) -> None:
        """Wait after a failed attempt; the first attempt is 1."""
        time.sleep(self.pause.total_seconds() * 2 ** (attempt - 1))

    def _execute(self, execute: Execute, sql: Any, params: Any, many: bool, context: Any) -> Any:
        statement = str(sql)
        self._check_time(statement)
        if self.connection.vendor == "postgresql":
            self._drop_invalid_index(statement)
        result = self._attempt(statement, lambda: execute(sql, params, many, context))
        if CHANGES_ROWS.match(statement):
            self.connection.on_commit(self._note_change)
        return result

    def _attempt(self, statement: str, run: Callable[[], Any]) -> Any:
        """Run the statement, once inside a transaction, because its failure aborts the transaction."""
        for attempt in range(1, ATTEMPTS + 1):
            self._limit(statement)
            try:
                return run()
            except OperationalError as error:
                if self.connection.in_atomic_block or LOCK_NOT_AVAILABLE not in sqlstates(error):
                    raise
            if attempt < ATTEMPTS:
                self.wait(attempt)
        raise LockHeld

    def _check_time(self, statement: str) -> None:
        """Raise OutOfTime, except for the statement that records a finished migration."""
        left = self.time_left()
        if left is not None and left <= timedelta() and MigrationRecorder.Migration._meta.db_table not in statement:
            raise OutOfTime

    def _limit(self, statement: str) -> None:
        if self.connection.vendor != "postgresql" or self._has_failed:
            return
        left = self.time_left()
        none = timedelta()
        values = (
            none if LOCKS_NOBODY_OUT.search(statement) else self.lock_wait,
            none if left is None else max(left, SHORTEST),
            IDLE,
        )
        local = self.connection.in_atomic_block
        self._run(SET, [part for value in values for part in (_milliseconds(value), local)])

    @property
    def _has_failed(self) -> bool:
        """Return True if the transaction is aborted."""
        from psycopg.pq import TransactionStatus  # noqa: PLC0415 - not needed for other databases

        return bool(self.connection.connection.info.transaction_status == TransactionStatus.INERROR)

    def _drop_invalid_index(self, statement: str) -> None:
        """Drop the invalid index left by an interrupted build."""
        built = BUILT_INDEX.match(statement)
        if built is None:
            return
        self._limit("CONCURRENTLY")
        for (name,) in self._run(INVALID, [built[1]]).fetchall():
            self._run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    def _run(self, sql: str, params: Any = None) -> Any:
        """Run a statement that is not part of the migration."""
        return self.connection.connection.execute(sql, params)

    def _reset(self) -> None:
        if self.connection.vendor != "postgresql" or self.connection.in_atomic_block:
            return
        if self.connection.is_usable():
            for statement in RESET:
                self._run(statement)

    def _note_change(self) -> None:
        self.rows_changed = True


def _milliseconds(value: timedelta) -> str:
    return f"{value // timedelta(milliseconds=1)}ms"
