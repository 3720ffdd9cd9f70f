"""Highest primary key below which a table is complete.

Keys are given out in order and committed in any: a reader that remembers the highest key it saw would miss a lower one
that is committed later. On PostgreSQL every transaction that inserts holds a ROW EXCLUSIVE lock on the table until its
end, and takes it before its first key. So the keys up to those visible now are complete once the transactions that
hold that lock now have ended; later ones get higher keys. SQLite has a single writer, and commits in the order of keys.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connections, router
from django.db.models import Max, Model

PATIENCE = timedelta(seconds=5)
"""Longest wait for the transactions at work; a batch of the sweep takes a fraction of a second."""
PAUSE = timedelta(milliseconds=20)

WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


class StillBeingWritten(TimeoutError):
    """A transaction that writes to the table has been open for longer than PATIENCE."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__(f"a transaction that writes {model._meta.verbose_name_plural} is still open; try again")


def complete_until(model: type[Model], *, pause: Callable[[float], object] = time.sleep) -> int:
    """Return the highest key up to which no other row will appear; 0 for an empty table. Raises StillBeingWritten."""
    highest: int = model._base_manager.aggregate(highest=Max("pk"))["highest"] or 0
    connection = connections[router.db_for_write(model)]
    if connection.vendor == "postgresql":
        _await_writers(model, connection, pause)
    return highest


def _await_writers(model: type[Model], connection: Any, pause: Callable[[float], object]) -> None:
    at_work = _writers(model, connection)
    for _attempt in range(int(PATIENCE / PAUSE)):
        if not at_work:
            return
        pause(PAUSE.total_seconds())
        at_work &= _writers(model, connection)
    raise StillBeingWritten(model)


def _writers(model: type[Model], connection: Any) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [connection.ops.quote_name(model._meta.db_table)])
        return {transaction for (transaction,) in cursor.fetchall()}
