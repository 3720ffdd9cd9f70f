"""Tables that a database has by now."""

from django.db import connections
from django.db.models import Model


def has_tables(alias: str, *models: type[Model]) -> bool:
    """Return True if the database has the tables of all these models, as it has once it is migrated."""
    with connections[alias].cursor() as cursor:
        tables = connections[alias].introspection.table_names(cursor)
    return {model._meta.db_table for model in models} <= set(tables)
