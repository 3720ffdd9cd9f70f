"""What the sweep costs in statements and rows, which no machine changes."""

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
    """By what was counted."""
    with grounds(SQLITE) as ground, ground(DUE) as fresh:
        counts = {f"SQLite: queries for {DUE:,} rows": int(counted(fresh, PROJECT).queries)}
    with grounds(POSTGRESQL) as ground, ground(DUE) as fresh:
        counts[f"PostgreSQL: queries for {DUE:,} rows"] = int(counted(fresh, PROJECT).queries)
        counts[f"PostgreSQL: rows written for {DUE:,} rows"] = _rows_written(fresh)
    return counts


def counted(fresh: Fresh, contender: str) -> Measurement:
    """A run whose queries are counted; row by row over SAMPLE rows. Raises BenchmarkFailed where it left any."""
    options, wanted = (["--limit", str(SAMPLE)], SAMPLE) if contender == ROW_BY_ROW else ([], DUE)
    with fresh() as url:
        measurement = measure_program(RUNNER, contender, "--count", *options, DATABASE_URL=url)
    if measurement.units != wanted:
        raise BenchmarkFailed(f"{contender}: {measurement.units} of {wanted} were written")
    return measurement


def queries_per_thousand(fresh: Fresh) -> dict[str, float]:
    """By contender."""
    return {name: counted(fresh, name).queries_per_thousand for name in (ROW_BY_ROW, PROJECT, LIMIT)}


def _rows_written(fresh: Fresh) -> int:
    """As PostgreSQL counts them: inserted, updated and deleted."""
    with fresh() as url:
        measure_program(RUNNER, PROJECT, DATABASE_URL=url)
        with psycopg.connect(url) as connection:
            row = connection.execute(ROWS_WRITTEN).fetchone()
    return int(row[0]) if row else 0
