"""Migration operation that adds an index while the application uses the table."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex

from foundation.schema.online_operation import OnlineOperation


class AddIndexOnline(OnlineOperation, AddIndex):
    """Add an index CONCURRENTLY on PostgreSQL, and like AddIndex elsewhere.

    Django's AddIndexConcurrently knows PostgreSQL only, and stops at the invalid index that an interrupted run leaves.
    """

    def statements(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        name = schema_editor.quote_name(self.index.name)
        create = str(self.index.create_sql(model, schema_editor))
        return [
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            create.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1),
        ]
