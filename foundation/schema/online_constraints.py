"""Migration operations that add constraints while the application uses the table.

On PostgreSQL a plain AddConstraint locks a large table while it is scanned. On SQLite these behave like it.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint

from foundation.schema.online_operation import OnlineOperation


class AddUniqueConstraintOnline(OnlineOperation, AddConstraint):
    """Add a conditional unique constraint, which is an index, CONCURRENTLY."""

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        name = schema_editor.quote_name(self.constraint.name)
        create = str(self.constraint.create_sql(model, schema_editor))
        return [
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",  # an interrupted run leaves an invalid index
            create.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1),
        ]


class AddCheckConstraintOnline(OnlineOperation, AddConstraint):
    """Add a check constraint NOT VALID and validate it without blocking writes."""

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        table = schema_editor.quote_name(model._meta.db_table)
        name = schema_editor.quote_name(self.constraint.name)
        return validated(table, name, str(self.constraint.create_sql(model, schema_editor)))


def validated(table: str, name: str, create: str) -> list[str]:
    """Return the statements that make a constraint anew and validate it. Both names are quoted."""
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"{create} NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    ]
