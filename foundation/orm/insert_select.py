"""INSERT ... SELECT from a queryset, which Django's ORM lacks: thousands of rows in one statement.

Measured: 12 µs per row, instead of 60 with `bulk_create` (docs/performance.md).
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections, router
from django.db.models import Model, QuerySet

from foundation.orm.columns import column

CONFLICT = "ON CONFLICT DO NOTHING"


def insert_select(
    model: type[Model], fields: Sequence[str], rows: QuerySet[Any, Any], *, ignore_conflicts: bool = False
) -> int:
    """Insert the rows selected by `rows`, a `values_list`. Return the number of inserted rows.

    `fields` names the columns in the order of `rows`. Both use the database that `model` is written to, regardless of a
    router's choice for reading. Python defaults and `save()` are bypassed: a column that is not named gets its
    `db_default`. With `ignore_conflicts`, rows that violate a unique constraint are skipped.
    """
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(*_statement(model, fields, rows, CONFLICT if ignore_conflicts else ""))
        return int(cursor.rowcount)


def insert_select_returning(
    model: type[Model], fields: Sequence[str], rows: QuerySet[Any, Any], *, ignore_conflicts: bool = False
) -> list[int]:
    """Insert the rows like `insert_select`. Return the primary keys of the inserted rows."""
    returning = f"RETURNING {column(model, 'pk', connections[router.db_for_write(model)])}"
    ending = f"{CONFLICT} {returning}" if ignore_conflicts else returning
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(*_statement(model, fields, rows, ending))
        return [row[0] for row in cursor.fetchall()]


def _statement(
    model: type[Model], fields: Sequence[str], rows: QuerySet[Any, Any], ending: str
) -> tuple[str, tuple[Any, ...]]:
    alias = router.db_for_write(model)
    connection = connections[alias]
    select, parameters = rows.query.get_compiler(alias).as_sql()
    columns = ", ".join(column(model, name, connection) for name in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) {select} {ending}", parameters
