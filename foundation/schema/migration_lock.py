"""Lock that allows a single migration run per database."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.backends.base.base import BaseDatabaseWrapper

KEY = int.from_bytes(hashlib.sha256(b"migrations").digest()[:8], signed=True)
LONGEST = timedelta(hours=12)
"""Limit for a run that has none of its own."""


class MigrationsRunning(Exception):
    """Another process is running migrations on this database."""


@contextmanager
def only_run(connection: BaseDatabaseWrapper, limit: timedelta | None) -> Iterator[None]:
    """Hold PostgreSQL's advisory lock for migrations; elsewhere do nothing. Raises MigrationsRunning.

    A transaction on a separate connection holds it, which works through a pooler too. PostgreSQL ends that transaction
    after `limit`, so that a terminated sandbox does not keep the lock.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.vendor != "postgresql":
        yield
        return
    holder = connection.copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            milliseconds = (LONGEST if limit is None else limit) // timedelta(milliseconds=1)
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [f"{milliseconds}ms"])
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEY])
            (is_held,) = cursor.fetchone()
        if not is_held:
            raise MigrationsRunning
        yield
    finally:
        holder.close()
