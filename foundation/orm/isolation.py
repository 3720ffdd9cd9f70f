"""The isolation level that row locks need: what is read under a lock must be what was committed before it was granted.

At REPEATABLE READ a transaction goes on to see its first snapshot, and PostgreSQL raises no error where a row was only
locked and not changed: whoever then judges by other rows is wrong without a word. So the statement that takes a lock
asks for the level as well, which costs no further query.
https://www.postgresql.org/docs/current/transaction-iso.html
"""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[str | int, ...]]

IS_STRICT = "left(current_setting('transaction_isolation'), 4) <> 'read'"
"""SQL: true above READ COMMITTED. PostgreSQL treats READ UNCOMMITTED as READ COMMITTED."""


class StrictIsolation(RuntimeError):
    """A lock was taken at an isolation level at which it protects nothing. Nothing was done under it."""

    def __init__(self) -> None:
        super().__init__(
            "the transaction is stricter than READ COMMITTED and would judge by an old snapshot;"
            " leave isolation_level in DATABASES as config/settings.py sets it"
        )


class IsStrict(Expression):
    """True if the transaction is stricter than READ COMMITTED. On SQLite, where transactions take turns, never."""

    output_field = BooleanField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return IS_STRICT, ()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return "0", ()


def refuse_strict(is_strict: bool) -> None:
    """Raise StrictIsolation where the locking statement found a stricter level."""
    if is_strict:
        raise StrictIsolation
