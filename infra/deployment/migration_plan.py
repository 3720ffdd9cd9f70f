"""Migrations of the working tree that a deployed database lacks, with their locks."""

from collections.abc import Collection

from django.db.migrations.loader import MigrationLoader

from foundation.schema.operation_locks import locks_of
from infra.deployment.database_migration import PLAN
from infra.deployment.deployed_function import DeployedFunction
from infra.errors import NotMigrated, SmokeTestFailed


def applied_migrations(function: DeployedFunction) -> set[str]:
    """Return the migrations applied to the function's database.

    Raises NotMigrated if the function does not report them.
    """
    try:
        return set(function.run({"command": PLAN})["applied"])
    except SmokeTestFailed as error:
        raise NotMigrated(f"the running release does not report its applied migrations: {error}") from error


def migration_changes(applied: Collection[str]) -> list[str]:
    """Return a line per pending migration of this tree, in order, followed by its locks.

    Django must be set up.
    """
    graph = MigrationLoader(None).graph
    ordered = dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    lines: list[str] = []
    for migration in (graph.nodes[key] for key in ordered):
        if str(migration) not in applied and migration is not None:
            lines += [f"+ {migration}", *(f"    {lock}" for lock in locks_of(migration))]
    return lines
