"""What is measured of the sweep, and what is counted."""

from collections.abc import Iterator
from functools import partial

from infra.benchmarks.measurement import MEBIBYTE, Measurement
from infra.benchmarks.program import measure_program
from infra.benchmarks.rounds import run_in_turn
from infra.benchmarks.section import Section, Table
from infra.benchmarks.sweep.ground import Fresh, postgresql_ground, sqlite_ground
from infra.postgresql import PostgreSQL

RUNNER = "infra.benchmarks.sweep.run"
ROUNDS = 3
COUNTED_DUE = 10_000
COLUMNS = ["database, due rows", "rows/s", "CPU us/row", "peak memory, MiB"]


def measure() -> Section:
    """The project's sweep of 10,000 rows on both databases."""
    rows = []
    for name, fresh in _grounds(COUNTED_DUE):
        median = run_in_turn({"project": partial(_run, fresh, "project")}, ROUNDS).median("project")
        memory = median.peak_memory / MEBIBYTE
        rows.append([f"{name}, {COUNTED_DUE:,}", f"{median.rate:,.0f}", f"{median.cpu_each:.1f}", f"{memory:.1f}"])
    return Section("The sweep", "The project's sweep.", [Table("Sweep", COLUMNS, rows)])


def counts() -> dict[str, int]:
    """Statements of the project's sweep, BEGIN and COMMIT among them."""
    return {
        f"{name}: queries for {COUNTED_DUE:,} rows": int(_run(fresh, "project", "--count").queries)
        for name, fresh in _grounds(COUNTED_DUE)
    }


def _grounds(due: int) -> Iterator[tuple[str, Fresh]]:
    with sqlite_ground(due) as fresh:
        yield "SQLite", fresh
    with PostgreSQL() as server, postgresql_ground(server, due) as fresh:
        yield "PostgreSQL", fresh


def _run(fresh: Fresh, contender: str, *options: str) -> Measurement:
    with fresh() as url:
        return measure_program(RUNNER, contender, *options, DATABASE_URL=url)
