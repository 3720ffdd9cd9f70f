"""Jobs that a deployment invokes. Zappa requires the signature `(event, context)`."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from config.operations.release_migrations import ReleaseMigrations, applied, pending
from foundation.jobs.invocation import LambdaContext, scheduled_job
from foundation.schema.operation_locks import locks_of

RESERVE = timedelta(seconds=10)
"""Time reserved at the end of an invocation for cancelling a statement, rolling back and responding."""


def migrate(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply as many migrations as the invocation's time allows. Return the members of a MigrationRun.

    Raises InvalidJobEvent, MigrationFailed, and the errors of the migrations.
    """
    with scheduled_job(event, context) as invocation:
        _open_gate()
        return ReleaseMigrations(lambda: invocation.time_left() - RESERVE).run().as_dict()


def migrations(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the names of the applied migrations, and the pending ones with the locks that each takes."""
    with scheduled_job(event, context):
        _open_gate()
        planned = {str(migration): locks_of(migration) for migration in pending(connection)}
        return {"applied": applied(connection), "pending": planned}


def _open_gate() -> None:
    """Let all jobs run once: a release without the gate may have written, or a restored database replaced another."""
    if settings.GATE_TABLE:
        from foundation import gate  # noqa: PLC0415 - without the table there is no gate

        gate.open_gate()
