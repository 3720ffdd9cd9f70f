"""SELECT ... FOR SHARE, which Django's ORM lacks: protect rows from changes until the transaction ends."""

from typing import TypeVar

from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row", bound=Model)


def select_for_share(rows: QuerySet[Row]) -> list[Row]:
    """Return the latest committed rows. Others may read, share and reference them, but not change or delete them.

    SQLite's IMMEDIATE transactions are serial anyway. Raises TransactionManagementError outside a transaction, where no
    lock would last. https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
    """
    alias = router.db_for_write(rows.model)
    connection = connections[alias]
    if not connection.in_atomic_block:
        raise TransactionManagementError("select_for_share needs a transaction: wrap it in transaction.atomic()")
    if connection.vendor != "postgresql":
        return list(rows.using(alias))
    select, parameters = rows.using(alias).query.get_compiler(alias).as_sql()
    return list(rows.model._base_manager.using(alias).raw(f"{select} FOR SHARE", parameters))
