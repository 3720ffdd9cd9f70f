"""INSERT of the Cartesian product of values in one statement with one parameter per column."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

from foundation.orm.columns import column, field_of_column

Values = Sequence[int] | Sequence[str]


def insert_product(model: type[Model], values: Mapping[str, Values]) -> None:
    """Insert a row for every combination of the fields' values. Other fields get their `db_default`.

    Raises FieldDoesNotExist, and the database's errors.
    """
    connection = connections[router.db_for_write(model)]
    sets = [_set(connection, field_of_column(model, name), number) for number, name in enumerate(values)]
    items = ", ".join(f"set_{number}.value" for number in range(len(sets)))
    select = f"SELECT {items} FROM {' CROSS JOIN '.join(sets)}"  # noqa: S608 - our own names
    columns = ", ".join(column(model, name, connection) for name in values)
    table = connection.ops.quote_name(model._meta.db_table)
    parameters = [_parameter(connection, chosen) for chosen in values.values()]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {select}", parameters)


def _set(connection: BaseDatabaseWrapper, field: "Field[Any, Any]", number: int) -> str:
    if connection.vendor == "postgresql":
        return f"unnest(%s::{field.db_type(connection)}[]) AS set_{number} (value)"
    return f"json_each(%s) AS set_{number}"


def _parameter(connection: BaseDatabaseWrapper, values: Values) -> list[int | str] | str:
    return list(values) if connection.vendor == "postgresql" else json.dumps(list(values))
