"""Order of operations in the migrations: what keeps others waiting comes last."""

import pytest
from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.models import ForeignKey

APPS = ("accounts", "foundation", "subscriptions", "payments", "notifications", "throttling")
LARGE = {
    settings.AUTH_USER_MODEL.lower(),
    "subscriptions.subscription",
    "subscriptions.subscriptionevent",
    "notifications.notification",
}
"""Models whose rows visitors write at any time."""
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
