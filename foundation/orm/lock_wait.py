"""Condition `filter(LockWait(timedelta(seconds=1)))`: limit the wait for each lock in the rest of the transaction.

The query itself sets the limit, without an extra statement. PostgreSQL evaluates a subquery that depends on no row
once, before it reads any, and drops the limit at the end of the transaction. A statement that waits longer fails with
SQLSTATE 55P03. https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from datetime import timedelta

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, list[str]]
LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE of a statement that waited too long. https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class LockWait(Func):
    """Condition that is always true. Does nothing on SQLite, where the transaction is the only lock."""

    output_field = BooleanField()

    def __init__(self, limit: timedelta) -> None:
        super().__init__()
        self.milliseconds = max(1, limit // timedelta(milliseconds=1))  # 0 would mean no limit

    def as_sql(  # type: ignore[override] # no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: object
    ) -> Sql:
        """Compile to a subquery, which PostgreSQL evaluates once."""
        return "(SELECT set_config('lock_timeout', %s, true)) IS NOT NULL", [f"{self.milliseconds}ms"]

    def as_sqlite(  # type: ignore[override] # no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: object
    ) -> Sql:
        return "1 = 1", []


def is_lock_timeout(error: BaseException) -> bool:
    """Return True if PostgreSQL ended a statement because a lock was not to be had in time."""
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE
