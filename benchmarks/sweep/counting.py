"""Machine-independent costs of the sweep: statements and rows."""

import psycopg

from benchmarks.measurement import Measurement
from benchmarks.program import measure_program
from benchmarks.sweep.contenders import LIMIT, PROJECT, ROW_BY_ROW, RUNNER
from benchmarks.sweep.ground import POSTGRESQL, SQLITE, Fresh, grounds
from infra.errors import BenchmarkFailed

DUE = 10_000
SAMPLE = 100

ROWS_WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"


def count() -> dict[str, int]:
    """Return the counts by name."""
    with grounds(SQLITE) as ground, ground(DUE) as fresh:
        counts = {f"SQLite: queries for {DUE:,} rows": int(counted(fresh, PROJECT).queries)}
    with grounds(POSTGRESQL) as ground, ground(DUE) as fresh:
        counts[f"PostgreSQL: queries for {DUE:,} rows"] = int(counted(fresh, PROJECT).queries)
        counts[f"PostgreSQL: rows written for {DUE:,} rows"] = _rows_written(fresh)
    return counts


def counted(fresh: Fresh, contender: str) -> Measurement:
    """Run with counted queries; row by row on SAMPLE rows only. Raises BenchmarkFailed if rows are left."""
    options, wanted = (["--limit", str(SAMPLE)], SAMPLE) if contender == ROW_BY_ROW else ([], DUE)
    with fresh() as url:
        measurement = measure_program(RUNNER, contender, "--count", *options, DATABASE_URL=url)
    if measurement.units != wanted:
        raise BenchmarkFailed(f"{contender}: {measurement.units} of {wanted} were written")
    return measurement


def queries_per_thousand(fresh: Fresh) -> dict[str, float]:
    """Return the queries per thousand rows, by contender."""
    return {name: counted(fresh, name).queries_per_thousand for name in (ROW_BY_ROW, PROJECT, LIMIT)}


def _rows_written(fresh: Fresh) -> int:
    """Return the number of rows inserted, updated and deleted, as counted by PostgreSQL."""
    with fresh() as url:
        measure_program(RUNNER, PROJECT, DATABASE_URL=url)
        with psycopg.connect(url) as connection:
            row = connection.execute(ROWS_WRITTEN).fetchone()
    return int(row[0]) if row else 0
