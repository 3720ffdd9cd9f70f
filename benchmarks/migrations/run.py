"""Fill the PostgreSQL of `DATABASE_URL`, and migrate it beside visitors: `... migrations.run SUBSCRIPTIONS`.

Prints each migration with its milliseconds and the longest ones of visitors' statements meanwhile as JSON. With
1,000,000 subscriptions it takes some minutes and 6 GB.
"""

import json
import sys
import time
from typing import TypedDict

from benchmarks.local_django import set_up_local_django
from benchmarks.migrations.visitors import READS, UPDATES, Visitor
from infra.errors import BenchmarkFailed

BEFORE_PAYMENTS = {"payments": "zero", "notifications": "0012", "subscriptions": "0012"}
"""Last migrations of the release before payments, in the order in which they are gone back to."""


class Applied(TypedDict):
    """Migration, and in milliseconds how long it took and what a read and an update took at most meanwhile."""

    migration: str
    took: float
    read: float
    update: float


def main(number: int) -> None:
    """Fill, go back, migrate, print."""
    set_up_local_django()
    _fill(number)
    with Visitor(READS, number) as reader, Visitor(UPDATES, number) as writer:
        print(json.dumps(_migrate(reader, writer)))


def _fill(number: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415 - these load models
    from django.db import connection  # noqa: PLC0415

    from benchmarks.large_history import fill  # noqa: PLC0415
    from foundation import clock  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill(number, clock.now())
    for app, name in BEFORE_PAYMENTS.items():
        call_command("migrate", app, name, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _migrate(reader: Visitor, writer: Visitor) -> list[Applied]:
    """Apply the migrations as a deployment does."""
    from django.db.migrations import Migration  # noqa: PLC0415 - these load models

    from config.operations.release_migrations import ReleaseMigrations  # noqa: PLC0415

    class TimedMigrations(ReleaseMigrations):
        def __init__(self) -> None:
            super().__init__()
            self.timed: list[Applied] = []
            self._began = 0.0

        def begin(self, migration: Migration) -> None:
            super().begin(migration)
            reader.take_longest()
            writer.take_longest()
            self._began = time.perf_counter()

        def finish(self, migration: Migration) -> None:
            super().finish(migration)
            took = (time.perf_counter() - self._began) * 1000
            read, update = reader.take_longest(), writer.take_longest()
            self.timed.append(Applied(migration=str(migration), took=took, read=read, update=update))

    migrations = TimedMigrations()
    remaining = migrations.run().remaining
    if remaining:
        raise BenchmarkFailed(f"not migrated: {', '.join(remaining)}")
    return migrations.timed


if __name__ == "__main__":
    main(int(sys.argv[1]))
