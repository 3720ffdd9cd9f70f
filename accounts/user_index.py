"""Index on the user table for our queries, added by a hand-written migration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Field, Index, Model

Kind = type["Field[Any, Any]"]


@dataclass(frozen=True)
class UserIndex:
    """Index unknown to `makemigrations`, because the table belongs to another app.

    A user model without one of the `columns` as a field of this kind is left unchanged: its app declares its own
    indexes.
    """

    index: Index
    columns: Mapping[str, Kind]

    def add(self, apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        """Create the index if it fits and does not exist yet."""
        model = apps.get_model(settings.AUTH_USER_MODEL)
        if self._fits(model) and not self._is_there(model, schema_editor):
            schema_editor.add_index(model, self.index)

    def remove(self, apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        """Drop the index if it exists."""
        model = apps.get_model(settings.AUTH_USER_MODEL)
        if self._is_there(model, schema_editor):
            schema_editor.remove_index(model, self.index)

    def _fits(self, model: type[Model]) -> bool:
        return model._meta.managed and all(holds_field(model, name, kind) for name, kind in self.columns.items())

    def _is_there(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> bool:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            return self.index.name in connection.introspection.get_constraints(cursor, model._meta.db_table)


def holds_field(model: type[Model], name: str, kind: Kind) -> bool:
    """Return True if the model's own table has a column of this name and kind."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return isinstance(field, kind) and field in model._meta.local_concrete_fields
