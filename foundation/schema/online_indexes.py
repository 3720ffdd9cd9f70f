"""Migration operation that adds an index while the application uses the table."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex
from django.db.migrations.state import ProjectState


class AddIndexOnline(AddIndex):
    """Add an index CONCURRENTLY on PostgreSQL, and like AddIndex elsewhere.

    Django's AddIndexConcurrently knows PostgreSQL only, and stops at the invalid index that an interrupted run leaves.
    Use it in a migration with `atomic = False`.
    """

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
            create = str(self.index.create_sql(model, schema_editor))
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", params=None)
            schema_editor.execute(create.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1), params=None)
