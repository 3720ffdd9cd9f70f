"""Classification of database errors.

Django reports lock timeouts, deadlocks, cancelled queries and oversized index rows as OperationalError, just like a
lost connection.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

LOST = ("08", "57P0")
"""SQLSTATE classes of a lost connection, and of a server that shuts down or starts.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def is_database_lost(error: BaseException, connection: BaseDatabaseWrapper, used: object) -> bool:
    """Return True if the database is unavailable, or False if only the current statements failed.

    `used` is the value of `connection.connection` in the transaction, which has been rolled back by now: if a
    connection cannot roll back, Django silently opens another. SQLite has no SQLSTATE; there the connection decides.
    """
    if any(state.startswith(LOST) for state in sqlstates(error)):
        return True
    return connection.connection is not used or not connection.is_usable()


def sqlstates(error: BaseException | None) -> Iterator[str]:
    """Yield the SQLSTATE of the error and its causes; psycopg's error is the cause of Django's."""
    while error is not None:
        yield getattr(error, "sqlstate", None) or ""
        error = error.__cause__
