"""Benchmark of migrations beside visitors."""

from benchmarks.migrations.benchmark import RUN
from benchmarks.migrations.run import Applied
from benchmarks.program import run_program
from infra.postgresql import PostgreSQL


def test_migrations_since_payments_are_timed_beside_visitors() -> None:
    with PostgreSQL() as server:
        found: list[Applied] = run_program(RUN, "100", DATABASE_URL=server.url)
    names = [row["migration"] for row in found]
    assert {"payments.0002_providers", "notifications.0013_mails_without_an_event"} <= set(names)
    assert all(row["took"] > 0 for row in found)
    assert sum(row["read"] for row in found) > 0
    assert sum(row["update"] for row in found) > 0
