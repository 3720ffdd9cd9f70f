"""Migrations of the working tree that a deployed function's database lacks, with what each locks."""

from collections.abc import Collection

from django.db.migrations.loader import MigrationLoader

from foundation.schema.operation_locks import locks_of
from infra.deployment.database_migration import PLAN
from infra.deployment.deployed_function import DeployedFunction
from infra.errors import NotMigrated, SmokeTestFailed


def applied_migrations(function: DeployedFunction) -> set[str]:
    """Ask the function which migrations its database has. Raises NotMigrated where it does not tell."""
    try:
        return set(function.run({"command": PLAN})["applied"])
    except SmokeTestFailed as error:
        raise NotMigrated(f"the release that runs does not tell which migrations are applied: {error}") from error


def migration_changes(applied: Collection[str]) -> list[str]:
    """Return a line per migration of this tree that is not among them, in their order, and below it what it locks.

    Needs Django set up.
    """
    graph = MigrationLoader(None).graph
    ordered = dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    lines: list[str] = []
    for migration in (graph.nodes[key] for key in ordered):
        if str(migration) not in applied and migration is not None:
            lines += [f"+ {migration}", *(f"    {lock}" for lock in locks_of(migration))]
    return lines
