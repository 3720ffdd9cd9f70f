"""Documented locks of migration operations, compared with PostgreSQL's actual locks."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.migrations import Migration, RunPython, SeparateDatabaseAndState
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import BigAutoField, BigIntegerField, CheckConstraint, Index, IntegerField, Q

from foundation.schema.operation_locks import locks_of

STRENGTH = ["SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]
TABLE = CreateModel(
    "Trial",
    [("id", BigAutoField(primary_key=True)), ("number", IntegerField()), ("size", IntegerField())],
    {"indexes": [Index(fields=["size"], name="trial_size")]},
)
OPERATIONS = [
    AddField("trial", "extra", IntegerField(null=True)),
    AlterField("trial", "number", BigIntegerField()),
    RemoveField("trial", "number"),
    RenameField("trial", "number", "count"),
    AddIndex("trial", Index(fields=["number"], name="trial_number")),
    RenameIndex("trial", "trial_number_of", old_name="trial_size"),
    AddConstraint("trial", CheckConstraint(condition=Q(number__gt=0), name="trial_positive")),
    DeleteModel("trial"),
]
HELD = """
    SELECT replace(replace(mode, 'Lock', ''), 'Row', ' Row') FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = %s::oid
"""


def said(operation: Operation) -> str:
    """Return the documented lock mode."""
    (line,) = locks_of(migration(operation))
    return line.rpartition(": ")[2].partition(" (")[0]


def migration(*operations: Operation) -> Migration:
    kind = type("Change", (Migration,), {"operations": operations})
    made: Migration = kind("0002_change", "config")
    return made


@pytest.fixture
def state() -> Iterator[ProjectState]:
    """Create a table of an app in a committed transaction."""
    state, empty = ProjectState(), ProjectState()
    TABLE.state_forwards("config", state)
    with connection.schema_editor() as editor:
        TABLE.database_forwards("config", editor, empty, state)
    yield state
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE config_trial")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_mode_is_the_strongest_that_postgresql_takes(operation: Operation, state: ProjectState) -> None:
    after = state.clone()
    operation.state_forwards("config", after)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 'config_trial'::regclass::oid, coalesce('trial_size'::regclass::oid, 0)")
        tables = cursor.fetchone()
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("config", editor, state, after)
        held = [mode for table in tables for mode in modes(table)]
        transaction.set_rollback(True)
    assert said(operation) == max(held, key=STRENGTH.index)


def modes(table: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(HELD, [table])
        words = {name.replace(" ", "").lower(): name for name in STRENGTH}
        found = (mode.replace(" ", "").lower() for (mode,) in cursor.fetchall())
        return [words[mode] for mode in found if mode in words]


def test_what_the_database_never_sees_is_left_out() -> None:
    separated = SeparateDatabaseAndState(database_operations=[OPERATIONS[4]], state_operations=[OPERATIONS[0]])
    lines = locks_of(migration(AlterModelOptions("trial", {}), separated, RunPython(RunPython.noop)))
    assert [line.rpartition(": ")[2].partition(" (")[0] for line in lines] == ["SHARE", "unknown"]
