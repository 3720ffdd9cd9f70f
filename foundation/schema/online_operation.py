"""Base of migration operations that change a table while the application uses it.

Use them in a migration with `atomic = False`; an interrupted one is run again.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class OnlineOperation(Operation):
    """Runs `statements` on PostgreSQL, and elsewhere the operation that it is mixed with."""

    model_name: str

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            for statement in self.statements(model, schema_editor):
                schema_editor.execute(statement, params=None)

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        """Return the SQL statements, each of which is its own transaction."""
        raise NotImplementedError
