"""Migration operations that add a column with a check while the application uses the table.

Django's fields of positive numbers have a check. On PostgreSQL a plain AddField reads the locked table to verify it.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddField
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

from foundation.schema.online_constraints import validated
from foundation.schema.online_operation import OnlineOperation


class AddFieldUnchecked(OnlineOperation, AddField):
    """Add a column without the check of its field, which a later CheckFieldOnline adds.

    A field that may not be empty needs a `db_default`. It is one statement, so the migration may be atomic. On SQLite
    it is AddField, and the check is there at once.
    """

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = schema_editor.quote_name(model._meta.db_table)
        field = model._meta.get_field(self.name)
        column = schema_editor.quote_name(field.column)
        definition, values = schema_editor.column_sql(model, field)
        literals = tuple(schema_editor.quote_value(value) for value in values or ())
        return [f"ALTER TABLE {table} ADD COLUMN {column} {str(definition) % literals}"]


class CheckFieldOnline(OnlineOperation, Operation):
    """Add the check of a field to its column on PostgreSQL, without blocking writes while rows are read."""

    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the state, which has the field with its check."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = schema_editor.quote_name(model._meta.db_table)
        field = model._meta.get_field(self.name)
        name = schema_editor.quote_name(f"{model._meta.db_table}_{field.column}_check")  # PostgreSQL's own name for it
        check = field.db_parameters(schema_editor.connection)["check"]
        return validated(table, name, f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})")

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Leave the check, which goes with its column."""

    def describe(self) -> str:
        return f"Check field {self.name} of {self.model_name}"
