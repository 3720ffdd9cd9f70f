"""Trigram index on PostgreSQL, by which users are found by a part of their name or address.

Without the extension pg_trgm, which not every database lets us create, only whole names and addresses are found.
"""

import logging

from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import CharField

from accounts.user_index import holds_field
from foundation.orm.database_errors import sqlstates

logger = logging.getLogger(__name__)

NAME = "user_by_part"
CREATE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
NOT_TO_BE_HAD = {"42501", "58P01", "0A000"}
"""SQLSTATEs: no privilege, no such file, not available.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def searched_columns() -> list[str]:
    """Return the columns of user name and e-mail address, which may be one."""
    model = get_user_model()
    return list(dict.fromkeys((model.USERNAME_FIELD, model.get_email_field_name())))


def add_search_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index without blocking writes, on PostgreSQL and where the extension can be had.

    Otherwise log a warning with what to do, and leave the table as it is.
    """
    model = apps.get_model(settings.AUTH_USER_MODEL)
    fits = model._meta.managed and all(holds_field(model, name, CharField) for name in searched_columns())
    if schema_editor.connection.vendor != "postgresql" or not fits:
        return
    statements = [drop_statement(), create_statement(model._meta.db_table)]
    if not _can_have_extension(schema_editor.connection):
        logger.warning(
            "users are not searched by parts of names: as a role that may, run these statements",
            extra={"statements": [CREATE_EXTENSION, *statements]},
        )
        return
    for statement in statements:
        schema_editor.execute(statement, params=None)


def remove_search_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index. The extension stays: others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(drop_statement(), params=None)


def drop_statement() -> str:
    """Return the statement that drops the index, such as an invalid one of an interrupted run."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"


def create_statement(table: str) -> str:
    """Return the statement that creates the index; `icontains` compares UPPER(...).

    Without the list of pending entries, which some sign-up would have to merge, and which stays allocated.
    """
    quote = connection.ops.quote_name
    columns = ", ".join(f"UPPER({quote(name)}::text) gin_trgm_ops" for name in searched_columns())
    return f"CREATE INDEX CONCURRENTLY {NAME} ON {quote(table)} USING gin ({columns}) WITH (fastupdate = off)"


def parts_are_indexed() -> bool:
    """Return True if parts of names can be searched: on PostgreSQL with the index, on SQLite always."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [NAME])
        row = cursor.fetchone()
    return bool(row and row[0])


def _can_have_extension(database: BaseDatabaseWrapper) -> bool:
    try:
        with database.cursor() as cursor:
            cursor.execute(CREATE_EXTENSION)
    except DatabaseError as error:
        if NOT_TO_BE_HAD.isdisjoint(sqlstates(error)):
            raise
        return False
    return True
