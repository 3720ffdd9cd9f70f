"""Jobs that a deployment has the function run. Zappa wants exactly `(event, context)`."""

from datetime import timedelta
from typing import Any

from django.db import connection

from config.operations.release_migrations import ReleaseMigrations, applied, pending
from foundation.jobs.invocation import LambdaContext, scheduled_job
from foundation.schema.operation_locks import locks_of

RESERVE = timedelta(seconds=10)
"""Time of an invocation that is left for the end: a statement that is cancelled, its rollback, the answer."""


def migrate(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply the migrations that the time of this invocation suffices for. Returns a MigrationRun's members.

    Raises InvalidJobEvent, MigrationFailed, and what a migration raises.
    """
    with scheduled_job(event, context) as invocation:
        return ReleaseMigrations(lambda: invocation.time_left() - RESERVE).run().as_dict()


def migrations(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the names of the migrations that the database has, and of those to come the locks of each, by name."""
    with scheduled_job(event, context):
        planned = {str(migration): locks_of(migration) for migration in pending(connection)}
        return {"applied": applied(connection), "pending": planned}
