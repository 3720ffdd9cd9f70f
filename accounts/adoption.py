"""Adoption of the users in a database that the release before this one migrated, which knew `auth.User`."""

from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from accounts.grants import NEW_APP, OLD_APP, copy_grants, user_content_type
from accounts.models import User

FIRST = ("accounts", "0001_user")
"""Migration that creates the tables which `auth` created in the release before."""
LAST_OF_AUTH = ("auth", "0012_alter_user_first_name_max_length")
"""Migration after which the tables are as FIRST describes them."""


class UnknownUserTable(RuntimeError):
    """The table of users is older than Django 3.1. Migrate it with the release before first."""


@dataclass(frozen=True)
class Adoption:
    """Changes that were made; all are 0 if there was nothing to adopt."""

    recorded: int = 0
    """Migrations recorded as applied."""
    granted: int = 0
    """Permissions granted on `accounts.User`."""
    log_entries: int = 0
    """Entries of the admin's log moved to `accounts.User`."""


def awaits_record(connection: BaseDatabaseWrapper) -> bool:
    """Return True if the database has the tables that FIRST creates, but no record of FIRST."""
    has_tables = get_user_model() is User and User._meta.db_table in connection.introspection.table_names()
    return has_tables and FIRST not in MigrationRecorder(connection).applied_migrations()


def adopt_users(alias: str) -> Adoption:
    """Record the first migration of accounts, and copy the permissions on `auth.User`. Idempotent.

    Without the record Django raises InconsistentMigrationHistory for databases of the release before. Databases
    without users, and those whose users another model describes, stay as they are. Raises UnknownUserTable.
    """
    connection = connections[alias]
    if get_user_model() is not User or User._meta.db_table not in connection.introspection.table_names():
        return Adoption()
    with transaction.atomic(using=alias):
        return Adoption(_record(connection), copy_grants(alias), _move_log_entries(alias))


def _record(connection: BaseDatabaseWrapper) -> int:
    if not awaits_record(connection):
        return 0
    recorder = MigrationRecorder(connection)
    if LAST_OF_AUTH not in recorder.applied_migrations():
        raise UnknownUserTable("Migrate this database with the release before first: auth.0012 is not applied.")
    recorder.record_applied(*FIRST)
    return 1


def _move_log_entries(alias: str) -> int:
    old, new = user_content_type(alias, OLD_APP), user_content_type(alias, NEW_APP)
    if old is None or new is None:
        return 0
    return LogEntry._base_manager.using(alias).filter(content_type=old).update(content_type=new)
