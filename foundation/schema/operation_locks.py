"""PostgreSQL locks taken by migration operations, to help decide whether a migration may run now.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES and
https://www.postgresql.org/docs/current/sql-altertable.html list the conflicts of each mode and the mode of each
statement. Operations are compared by class name, including their bases, so that no app need be loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation

NOBODY = "nobody waits"
FOR_A_MOMENT = "reads and writes wait, for a moment"
WHILE_REWRITTEN = "reads and writes wait, while the table is rewritten or read if the change needs that"
WHILE_READ = "reads and writes wait, while the table is read"
WRITES = "writes wait, while the index is built"

LOCKS: dict[str, tuple[str, str]] = {
    "AddUniqueConstraintOnline": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "AddCheckConstraintOnline": ("ACCESS EXCLUSIVE", f"{FOR_A_MOMENT}; nobody while the table is read"),
    "CheckFieldOnline": ("ACCESS EXCLUSIVE", f"{FOR_A_MOMENT}; nobody while the table is read"),
    "AddIndexOnline": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "AddIndexConcurrently": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "RemoveIndexConcurrently": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "AddConstraintNotValid": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "ValidateConstraint": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "AlterModelOptions": ("none", NOBODY),
    "AlterModelManagers": ("none", NOBODY),
    "CreateModel": ("none of a table in use", "writes wait for a moment on tables that its foreign keys lead to"),
    "DeleteModel": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "RenameModel": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "AlterModelTable": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "AlterModelTableComment": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "MakeKeyOptional": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "AddField": ("ACCESS EXCLUSIVE", f"{FOR_A_MOMENT}; longer with a default that differs per row"),
    "RemoveField": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "RenameField": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "AlterField": ("ACCESS EXCLUSIVE", WHILE_REWRITTEN),
    "AddIndex": ("SHARE", WRITES),
    "RemoveIndex": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "RenameIndex": ("SHARE UPDATE EXCLUSIVE", NOBODY),
    "AddConstraint": ("ACCESS EXCLUSIVE", WHILE_READ),
    "RemoveConstraint": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "AlterTogetherOptionOperation": ("ACCESS EXCLUSIVE", WHILE_READ),
    "AlterOrderWithRespectTo": ("ACCESS EXCLUSIVE", FOR_A_MOMENT),
    "RunPython": ("unknown", "the rows that its code changes, and what it locks besides"),
    "RunSQL": ("unknown", "what its statements lock"),
}
"""Strongest lock mode, and its effect on other sessions."""
UNKNOWN = ("unknown", "no operation of Django's or of this project")


@dataclass(frozen=True)
class OperationLock:
    """Operation in Django's words, with its lock mode and its effect on other sessions."""

    operation: str
    mode: str
    waits: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.mode} ({self.waits})"


def locks_of(migration: Migration) -> list[str]:
    """Return one line per operation that changes the database."""
    return [str(_lock_of(operation)) for operation in _in_database(migration.operations)]


def _in_database(operations: Any) -> Iterator[Operation]:
    """Yield operations except those that only change Django's state."""
    for operation in operations:
        if hasattr(operation, "database_operations"):  # SeparateDatabaseAndState
            yield from _in_database(operation.database_operations)
        elif LOCKS.get(type(operation).__name__, UNKNOWN)[0] != "none":
            yield operation


def _lock_of(operation: Operation) -> OperationLock:
    names = (kind.__name__ for kind in type(operation).__mro__)
    mode, waits = next((LOCKS[name] for name in names if name in LOCKS), UNKNOWN)
    return OperationLock(operation.describe(), mode, waits)
