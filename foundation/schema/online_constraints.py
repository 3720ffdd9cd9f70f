"""Migration operations that add constraints while the application uses the table.

On PostgreSQL a plain AddConstraint locks a large table while it is scanned. Use these in a migration with `atomic =
False`; an interrupted one is run again. On SQLite they behave like AddConstraint.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint
from django.db.migrations.state import ProjectState


class AddConstraintOnline(AddConstraint):
    """Base class: runs `statements` on PostgreSQL, AddConstraint elsewhere."""

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


class AddUniqueConstraintOnline(AddConstraintOnline):
    """Add a conditional unique constraint, which is an index, CONCURRENTLY."""

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        name = schema_editor.quote_name(self.constraint.name)
        create = str(self.constraint.create_sql(model, schema_editor))
        return [
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",  # an interrupted run leaves an invalid index
            create.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1),
        ]


class AddCheckConstraintOnline(AddConstraintOnline):
    """Add a check constraint NOT VALID and validate it without blocking writes."""

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = schema_editor.quote_name(model._meta.db_table)
        name = schema_editor.quote_name(self.constraint.name)
        create = str(self.constraint.create_sql(model, schema_editor))
        return [
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
            f"{create} NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
        ]
