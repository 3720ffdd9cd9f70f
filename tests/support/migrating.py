"""Database in the state of an earlier release."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

Targets = list[tuple[str, str]]


def migrate(targets: Targets) -> Any:
    """Migrate to the targets. Return the models of that state."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def migrate_forward() -> None:
    """Apply all migrations."""
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


@contextmanager
def migrated_back(targets: Targets) -> Iterator[Any]:
    """Yield the models of the earlier state; all migrations are applied again afterwards."""
    try:
        yield migrate(targets)
    finally:
        migrate_forward()
