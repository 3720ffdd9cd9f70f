"""`filter(LockWait(timedelta(seconds=1)))`: bound how long the rest of the transaction waits for each lock.

The limit is set by the query itself, so that it costs no statement of its own. PostgreSQL evaluates a subquery that
depends on no row once, before it reads any, and forgets the limit when the transaction ends. A statement that waits
longer fails with SQLSTATE 55P03. https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from datetime import timedelta

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, list[str]]


class LockWait(Func):
    """A condition that always holds. On SQLite it does nothing: there the transaction is the only lock."""

    output_field = BooleanField()

    def __init__(self, limit: timedelta) -> None:
        super().__init__()
        self.milliseconds = max(1, limit // timedelta(milliseconds=1))  # 0 would mean no limit

    def as_sql(  # type: ignore[override] # no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: object
    ) -> Sql:
        """As PostgreSQL evaluates it once."""
        return "(SELECT set_config('lock_timeout', %s, true)) IS NOT NULL", [f"{self.milliseconds}ms"]

    def as_sqlite(  # type: ignore[override] # no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: object
    ) -> Sql:
        """Nothing to be set."""
        return "1 = 1", []
