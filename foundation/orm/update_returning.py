"""UPDATE ... RETURNING from a queryset: the changed rows in the same statement."""

from typing import Any, TypeVar, cast

from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

Row = TypeVar("Row", bound=Model)


def update_returning(rows: QuerySet[Row], **changes: Any) -> list[Row]:
    """Run `rows.update(**changes)` and return the changed rows, in no particular order."""
    alias = router.db_for_write(rows.model)
    connection = connections[alias]
    query = cast(UpdateQuery, rows.query.chain(UpdateQuery))
    query.clear_ordering(force=True)
    query.add_update_values(changes)
    update, parameters = query.get_compiler(alias).as_sql()
    columns = (connection.ops.quote_name(field.column) for field in rows.model._meta.concrete_fields if field.column)
    returned = rows.model._base_manager.using(alias).raw(f"{update} RETURNING {', '.join(columns)}", parameters)
    return list(returned)
