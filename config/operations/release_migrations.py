"""Resumable migrations: each is recorded by itself, and the next run continues after the last one.

Wraps Django's own command. Loaded only by processes that migrate.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from accounts.adoption import FIRST, UnknownUserTable, adopt_users, awaits_record
from foundation.orm.database_errors import sqlstates
from foundation.schema.migration_limits import (
    ATTEMPTS,
    LOCK_NOT_AVAILABLE,
    LOCK_WAIT,
    PAUSE,
    QUERY_CANCELED,
    SHORTEST,
    LockHeld,
    MigrationLimits,
    OutOfTime,
)
from foundation.schema.migration_lock import MigrationsRunning, only_run

Clock = Callable[[], timedelta | None]
"""Return the time left; None means no limit."""


class MigrationFailed(RuntimeError):
    """A migration failed. The message names it and repeats no data of the database."""


@dataclass
class MigrationRun:
    """Result of a run. Migrations are named APP.NAME."""

    applied: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    stopped_by: str = ""
    """Reason for stopping: "time", "lock" or "other run"; empty if the run is complete."""
    stopped_at: str = ""
    """Migration that was interrupted; empty if the run stopped between two."""
    has_progressed: bool = False
    """False if another run would only repeat this one."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ReleaseMigrations:
    """Apply pending migrations. `time_left` counts down to the end of the run."""

    def __init__(
        self, time_left: Clock = lambda: None, *, lock_wait: timedelta = LOCK_WAIT, pause: timedelta = PAUSE
    ) -> None:
        self._connection: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
        self._time_left = time_left
        self._whole = time_left()
        self._limits = MigrationLimits(self._connection, time_left, lock_wait, pause)
        self._current: Migration | None = None
        self._outcome = MigrationRun()

    def run(self) -> MigrationRun:
        """Apply as many migrations as the time allows and return the result. Raises MigrationFailed.

        A failed migration is rolled back, unless it is not atomic.
        """
        outcome = self._outcome
        try:
            with only_run(self._connection, self._whole):
                outcome.stopped_by = self._repeat()
        except MigrationsRunning:
            outcome.stopped_by = "other run"
        outcome.stopped_at = str(self._current or "")
        self._connection.close_if_unusable_or_obsolete()
        outcome.remaining = [str(migration) for migration in pending(self._connection)]
        outcome.has_progressed = bool(outcome.applied) or self._limits.rows_changed
        return outcome

    def begin(self, migration: Migration) -> None:
        """Start a migration, unless more than half of the time is used up: it may need the rest. Raises OutOfTime."""
        left = self._time_left()
        if self._outcome.applied and left is not None and self._whole is not None and left < self._whole / 2:
            raise OutOfTime
        self._current = migration

    def finish(self, migration: Migration) -> None:
        """Record that a migration was applied."""
        self._outcome.applied.append(str(migration))
        self._current = None

    def _repeat(self) -> str:
        """Migrate, retry while another session holds a lock, and return the reason for stopping."""
        failures = known = 0
        while True:
            stopped_by = self._attempt()
            failures = failures + 1 if len(self._outcome.applied) == known else 1
            known = len(self._outcome.applied)
            if stopped_by != "lock in a transaction":
                return stopped_by
            if failures == ATTEMPTS:
                return "lock"
            self._limits.wait(failures)

    def _attempt(self) -> str:
        try:
            with self._limits.held():
                adopt_users(self._connection.alias)
                call_command(_Migrate(self), interactive=False, database=self._connection.alias)
        except OutOfTime:
            return "time"
        except LockHeld:
            return "lock"
        except UnknownUserTable as error:
            raise MigrationFailed(str(error)) from error
        except DatabaseError as error:
            return self._reason(error)
        return ""

    def _reason(self, error: DatabaseError) -> str:
        """Return the reason why a statement was stopped. Raises MigrationFailed if it was not one of our limits."""
        states = list(sqlstates(error))
        if LOCK_NOT_AVAILABLE in states:
            return "lock in a transaction"
        left = self._time_left()
        if QUERY_CANCELED in states and left is not None and left <= SHORTEST:
            return "time"
        raise MigrationFailed(f"{self._current or 'migrate'}: {type(error).__name__}: {_message(error)}") from error


class _Migrate(migrate.Command):
    """Django's command, with a check of the time left before each migration."""

    def __init__(self, migrations: ReleaseMigrations) -> None:
        super().__init__()
        self._migrations = migrations

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if action == "apply_start" and migration:
            self._migrations.begin(migration)
        super().migration_progress_callback(action, migration, fake)
        if action == "apply_success" and migration:
            self._migrations.finish(migration)


def pending(connection: BaseDatabaseWrapper) -> list[Migration]:
    """Return the pending migrations in the order of application."""
    executor = MigrationExecutor(connection)
    if awaits_record(connection):
        executor.loader.applied_migrations[FIRST] = executor.loader.graph.nodes[FIRST]
    return [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def applied(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the applied migrations, including those of other releases and apps."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _message(error: DatabaseError) -> str:
    """Return the first line of the error, without PostgreSQL's details, which repeat values of rows."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(diagnostics.message_primary if diagnostics else error).partition("\n")[0]
