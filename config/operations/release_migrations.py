"""Migrations of a release, as far as the time goes: each is recorded by itself, and the next run goes on from there.

Django's own command does the work. Loaded by none but those who migrate.
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
"""Tells the time that is left; None means that there is no limit."""


class MigrationFailed(RuntimeError):
    """A migration failed; the message names it, and repeats no row of the database's."""


@dataclass
class MigrationRun:
    """Outcome of one run. Migrations are named APP.NAME."""

    applied: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    stopped_by: str = ""
    """What stopped the run: "time", "lock", "other run"; empty where it is finished."""
    stopped_at: str = ""
    """The migration in which it stopped; empty where that is between two."""
    has_progressed: bool = False
    """False where a repetition would do all the same again."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class ReleaseMigrations:
    """Runs what is not applied yet. `time_left` counts down to the moment at which this must be over."""

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
        """Apply what the time suffices for; return what came of it. Raises MigrationFailed.

        What a migration that failed has done is rolled back, unless it is not atomic.
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
        """Begin a migration, unless half of the time is over, since it may need the other one. Raises OutOfTime."""
        left = self._time_left()
        if self._outcome.applied and left is not None and self._whole is not None and left < self._whole / 2:
            raise OutOfTime
        self._current = migration

    def finish(self, migration: Migration) -> None:
        """Note that a migration has been recorded."""
        self._outcome.applied.append(str(migration))
        self._current = None

    def _repeat(self) -> str:
        """Migrate, and again after a lock that somebody else held; return what stopped it."""
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
                call_command(_Migrate(self), interactive=False, database=self._connection.alias)
        except OutOfTime:
            return "time"
        except LockHeld:
            return "lock"
        except DatabaseError as error:
            return self._reason(error)
        return ""

    def _reason(self, error: DatabaseError) -> str:
        """Return what stopped a statement. Raises MigrationFailed where that is no limit of ours."""
        states = list(sqlstates(error))
        if LOCK_NOT_AVAILABLE in states:
            return "lock in a transaction"
        left = self._time_left()
        if QUERY_CANCELED in states and left is not None and left <= SHORTEST:
            return "time"
        raise MigrationFailed(f"{self._current or 'migrate'}: {type(error).__name__}: {_message(error)}") from error


class _Migrate(migrate.Command):
    """Django's command, which asks before each migration whether there is time for it."""

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
    """Return the migrations that the database lacks, in the order in which they are applied."""
    executor = MigrationExecutor(connection)
    return [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def applied(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the migrations that the database has, those of other releases and apps included."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _message(error: DatabaseError) -> str:
    """PostgreSQL's details repeat values of rows, which are nobody's business."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(diagnostics.message_primary if diagnostics else error).partition("\n")[0]
