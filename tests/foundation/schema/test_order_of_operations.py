"""Operations of the migrations keep nobody waiting: what locks comes last, what reads lets others in."""

from typing import Any

import pytest
from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.models import Field, ForeignKey

from foundation.schema.online_fields import AddFieldUnchecked, CheckFieldOnline

APPS = ("accounts", "foundation", "subscriptions", "payments", "notifications", "throttling")
LARGE = {
    settings.AUTH_USER_MODEL.lower(),
    "subscriptions.subscription",
    "subscriptions.subscriptionevent",
    "notifications.notification",
}
"""Models whose rows visitors write at any time."""
BEFORE_THE_FIRST_RELEASE = "notifications.0002_confirmations_and_reminders"
MIGRATIONS = [
    migration
    for (app, _name), migration in sorted(MigrationLoader(None).disk_migrations.items())
    if app in APPS and migration.atomic
]


def leads_to_a_large_table(operation: Operation) -> bool:
    """Return True for a new key, which keeps writers from the table that it leads to until the transaction ends."""
    field = operation.field if isinstance(operation, AddField) else None
    if not isinstance(field, ForeignKey) or str(field.remote_field.model).lower() not in LARGE:
        return False
    return bool(field.deconstruct()[3].get("db_constraint", True))


def completes(operation: Operation, keys: list[Operation]) -> bool:
    """Return True for an index or a constraint of a table that has just got its key."""
    if not isinstance(operation, AddIndex | AddConstraint):
        return False
    return operation.model_name in {key.model_name for key in keys if isinstance(key, AddField)}


@pytest.mark.parametrize("migration", MIGRATIONS, ids=str)
def test_keys_to_large_tables_come_last(migration: Migration) -> None:
    keys = [operation for operation in migration.operations if leads_to_a_large_table(operation)]
    last = migration.operations[migration.operations.index(keys[0]) :] if keys else []
    assert not [each for each in last if each not in keys and not completes(each, keys)]


def reads_a_large_table(migration: Migration, operation: Operation) -> bool:
    """Return True for a column with a check, for which PostgreSQL reads the rows that are there."""
    if not isinstance(operation, AddField) or isinstance(operation, AddFieldUnchecked):
        return False
    return has_check(operation.field) and f"{migration.app_label}.{operation.model_name_lower}" in LARGE


def has_check(field: "Field[Any, Any]") -> bool:
    """Return True if the field's column has a check on PostgreSQL."""
    return bool(DatabaseWrapper.data_type_check_constraints.get(field.get_internal_type()))


@pytest.mark.parametrize("migration", [each for each in MIGRATIONS if str(each) != BEFORE_THE_FIRST_RELEASE], ids=str)
def test_columns_of_large_tables_come_without_a_check(migration: Migration) -> None:
    assert not [each for each in migration.operations if reads_a_large_table(migration, each)]


def test_every_column_that_came_without_a_check_gets_one() -> None:
    everything = [
        (app, operation)
        for (app, _name), migration in MigrationLoader(None).disk_migrations.items()
        for operation in migration.operations
    ]
    unchecked, checked = (
        {(app, each.model_name, each.name) for app, each in everything if isinstance(each, kind)}
        for kind in (AddFieldUnchecked, CheckFieldOnline)
    )
    assert checked == unchecked
    assert len(checked) == 2
