"""Lock waits of PostgreSQL, and threads that wait."""

import threading
from collections.abc import Callable

from django.db import connection

from tests.support.patience import wait_until

OTHERS = """
    SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FILTER (WHERE state IS DISTINCT FROM 'idle')
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Run with a separate database connection."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until_blocked() -> None:
    """Wait until another backend waits for a lock."""
    wait_until(number_blocked)


def number_blocked() -> int:
    """Return the number of other backends that wait for a lock."""
    return _others()[0]


def wait_until_others_are_idle() -> None:
    """Wait until no other client is running a statement or transaction; a killed client's may continue for a while."""
    wait_until(lambda: _others()[1] == 0)


def _others() -> tuple[int, int]:
    """Return the numbers of backends that wait for a lock, and that are running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the statistics of its first look
        cursor.execute(OTHERS)
        waiting, at_work = cursor.fetchone()
    return waiting, at_work
