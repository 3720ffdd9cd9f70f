"""SELECT ... FOR SHARE, which Django's ORM lacks: rows that nobody may change until the transaction ends."""

from typing import TypeVar

from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row", bound=Model)


def select_for_share(rows: QuerySet[Row]) -> list[Row]:
    """Return the rows as last committed; others may read, share and refer to them, not change or delete them.

    https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS; SQLite's transactions, which are
    IMMEDIATE, take turns anyway. Raises TransactionManagementError outside a transaction, where no lock would last.
    """
    alias = router.db_for_write(rows.model)
    connection = connections[alias]
    if not connection.in_atomic_block:
        raise TransactionManagementError("select_for_share needs a transaction: wrap it in transaction.atomic()")
    if connection.vendor != "postgresql":
        return list(rows.using(alias))
    select, parameters = rows.using(alias).query.get_compiler(alias).as_sql()
    return list(rows.model._base_manager.using(alias).raw(f"{select} FOR SHARE", parameters))
