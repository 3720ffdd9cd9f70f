"""Isolation level required by row locks: reads under a lock must see everything committed before it was granted.

At REPEATABLE READ a transaction keeps its first snapshot, and PostgreSQL raises no error if a row was only locked, not
changed: decisions based on other rows are then silently wrong. Statements that take a lock therefore query the level as
well, which needs no extra round trip.
https://www.postgresql.org/docs/current/transaction-iso.html
"""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[str | int, ...]]

IS_STRICT = "left(current_setting('transaction_isolation'), 4) <> 'read'"
"""SQL expression: true above READ COMMITTED. PostgreSQL treats READ UNCOMMITTED as READ COMMITTED."""


class StrictIsolation(RuntimeError):
    """A lock was taken at an isolation level at which it protects nothing. Nothing was done under it."""

    def __init__(self) -> None:
        super().__init__(
            "the transaction is stricter than READ COMMITTED and would read from an old snapshot;"
            " leave isolation_level in DATABASES as config/settings.py sets it"
        )


class IsStrict(Expression):
    """True if the transaction is stricter than READ COMMITTED.

    Always false on SQLite, where transactions are serial.
    """

    output_field = BooleanField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return IS_STRICT, ()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return "0", ()


def refuse_strict(is_strict: bool) -> None:
    """Raise StrictIsolation if the locking statement found a stricter level."""
    if is_strict:
        raise StrictIsolation
