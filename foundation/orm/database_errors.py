"""The meaning of a database error for the work that it interrupted.

Django files a lock timeout, a deadlock, a cancelled query and a row that is too large for an index under
OperationalError, together with a lost connection.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

LOST = ("08", "57P0")
"""SQLSTATE classes of a lost connection, and of a server that shuts down or starts.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def is_database_lost(error: BaseException, connection: BaseDatabaseWrapper, used: object) -> bool:
    """Return True if the database can do no further work for anybody; False if only the statements at hand failed.

    `used` is what `connection.connection` was in the transaction, which has been rolled back by now: in place of one on
    which it cannot roll back, Django silently opens another. SQLite has no SQLSTATE; there the connection decides.
    """
    if any(state.startswith(LOST) for state in sqlstates(error)):
        return True
    return connection.connection is not used or not connection.is_usable()


def sqlstates(error: BaseException | None) -> Iterator[str]:
    """Yield the SQLSTATE of the error and of those that it was raised from; psycopg's is the cause of Django's."""
    while error is not None:
        yield getattr(error, "sqlstate", None) or ""
        error = error.__cause__
