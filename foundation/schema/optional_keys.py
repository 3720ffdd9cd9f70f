"""Migration operation that lets a foreign key be empty."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AlterField
from django.db.migrations.state import ProjectState

from foundation.schema.online_operation import OnlineOperation


class MakeKeyOptional(OnlineOperation, AlterField):
    """Let a foreign key be empty. On PostgreSQL a plain AlterField makes it anew, which reads the locked table.

    It is one statement, so the migration may be atomic.
    """

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = schema_editor.quote_name(model._meta.db_table)
        column = schema_editor.quote_name(model._meta.get_field(self.name).column)
        return [f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL"]

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        AlterField.database_forwards(self, app_label, schema_editor, from_state, to_state)
