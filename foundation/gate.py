"""Gate before the database: tells a tick of the schedule, before it connects, that nothing is due.

The item in the store holds a marker for each kind of work, never later than the earliest instant at which a committed
row makes it due. Writers open the gate before they commit; a job closes it as its last act. `tests/proofs/gate`
explores the protocol, and each of its rules is needed. Used only with GATE_TABLE; without an answer of the store
everything runs as without it.
"""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from foundation.due_work import all_work, harmless_tables, next_instants
from foundation.gate_statements import may_make_due
from foundation.gate_store import GateStore, GateStoreUnavailable
from foundation.orm.primary_reads import primary_reads

logger = logging.getLogger(__name__)

LOCK = 1_735_290_469
"""Key of the advisory lock that a session holds once it may have made something due. Any number that no other uses."""

TAKE_LOCK = "SELECT pg_advisory_lock_shared(%s)"
"""Of the session: a ROLLBACK keeps it, and the end of the session gives it back, however it ends.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS"""

WRITERS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""A session that closes the gate is new. Where it holds the lock itself, a pooler has given it another's session."""


@cache
def store() -> GateStore:
    """Return the store of this process."""
    return GateStore(settings.GATE_TABLE, os.environ)


def install() -> None:
    """Open the gate from now on in each session of the database that may make something due."""
    connection_created.connect(_watch, dispatch_uid="foundation.gate")


def is_closed(marker: str, now: datetime) -> bool:
    """Return True if no work of the marker is due before the next question. False where the store does not answer.

    An instant beyond the ceiling is none that this service has written, and counts for nothing.
    """
    try:
        item = store().ask(now)
    except GateStoreUnavailable as error:
        logger.warning("gate not asked; the job runs", extra={"reason": str(error)})
        return False
    due = item.markers.get(marker)
    return due is not None and now + settings.GATE_AHEAD < due <= now + settings.GATE_CEILING + settings.GATE_AHEAD


def open_gate() -> bool:
    """Open the gate; return False if the store does not answer. Then the ceiling bounds how late a job may be."""
    try:
        store().open()
    except GateStoreUnavailable as error:
        logger.error("gate not opened", extra={"reason": str(error)})  # noqa: TRY400 - the reason says enough
        return False
    return True


def close_gate(now: datetime) -> bool:
    """Close the gate until the next instant at which something is due, 24 h ahead at most; return True if it is closed.

    The last act of a job, in a session of its own: that of the job holds the lock. It leaves the gate open while
    another session may be about to make something due.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close()
    try:
        return _close(connection, now)
    except GateStoreUnavailable as error:
        logger.warning("gate not closed", extra={"reason": str(error)})
        return False
    except Exception:  # the job has done its work, and an open gate makes nothing late
        logger.exception("gate not closed")
        return False
    finally:
        connection.close()


@primary_reads()
def _close(connection: BaseDatabaseWrapper, now: datetime) -> bool:
    token = store().read().token
    if _has_writers(connection):
        return False
    # Each statement from here on reads a snapshot of the primary that is younger than the look at the lock.
    ceiling = now + settings.GATE_CEILING
    markers = {marker: min(due or ceiling, ceiling) for marker, due in next_instants(now).items()}
    _note_quiet(markers, now)
    closed = store().close(token, markers)
    if closed:  # a sweep may have begun since the note
        _note_quiet(markers, now)
    return closed


def _note_quiet(markers: dict[str, datetime], now: datetime) -> None:
    """Note it before the gate closes: nobody would, if this process died once it is closed.

    A gate that stays open has the next sweep run, which has no such note.
    """
    for work in all_work():
        if work.marker and markers[work.marker] > now:
            work.note_quiet(markers[work.marker])


def _has_writers(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [LOCK])
        return bool(cursor.fetchone()[0])


class _Opening:
    """Wrapper of the statements of one session, which opens the gate before the first that may make something due."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._harmless: frozenset[str] | None = None
        self._is_open = False
        self._is_last_try = False

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not self._is_open and self._may_make_due(str(sql)):
            self._open()
        return execute(sql, params, many, context)

    def _may_make_due(self, sql: str) -> bool:
        if self._harmless is None:
            self._harmless = harmless_tables()
        return may_make_due(sql, self._harmless)

    def _open(self) -> None:
        """Take the lock first: whoever looks at it after this session has opened the gate sees it.

        An opening that is lost is tried once more, before the session's next statement that may make something due.
        """
        self._is_open = True  # for the statement that takes the lock
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(TAKE_LOCK, [LOCK])
        except BaseException:
            self._is_open = False
            raise
        self._is_open = open_gate() or self._is_last_try
        self._is_last_try = True


def _watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Watch a new session of the database that is written to."""
    if connection.alias != DEFAULT_DB_ALIAS or connection.vendor != "postgresql":
        return
    earlier = [wrapper for wrapper in connection.execute_wrappers if isinstance(wrapper, _Opening)]
    for wrapper in earlier:
        connection.execute_wrappers.remove(wrapper)
    connection.execute_wrappers.insert(0, _Opening(connection))  # Django's own contexts remove the last one
