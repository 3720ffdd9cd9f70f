"""The three contenders, each in a process of its own on a fresh copy of the database."""

from functools import partial

from benchmarks.measurement import Measurement
from benchmarks.program import measure_program, run_program
from benchmarks.rounds import Run
from benchmarks.sweep.ground import Fresh
from infra.errors import BenchmarkFailed

RUNNER, READER = "benchmarks.sweep.run", "benchmarks.sweep.written"
ROW_BY_ROW, PROJECT, LIMIT = "row by row", "project", "limit"
SAMPLE = 500
"""Number of rows to expire one by one; the time per row does not depend on the size of the table."""


def contenders(fresh: Fresh, due: int, sample: int = SAMPLE) -> dict[str, Run]:
    """Return all contenders. Row by row processes only the first `sample` due rows."""
    return {
        ROW_BY_ROW: partial(run, fresh, ROW_BY_ROW, min(sample, due), "--limit", str(sample)),
        PROJECT: partial(run, fresh, PROJECT, due),
        LIMIT: partial(run, fresh, LIMIT, due),
    }


def run(fresh: Fresh, contender: str, due: int, *options: str) -> Measurement:
    """Run once. Raises BenchmarkFailed unless the expected number of rows was expired."""
    with fresh() as url:
        measurement = measure_program(RUNNER, contender, *options, DATABASE_URL=url)
    if measurement.units != due:
        raise BenchmarkFailed(f"{contender} expired {measurement.units} of {due}")
    return measurement


def check_that_all_write_the_same(fresh: Fresh) -> None:
    """Run each contender on all due rows. Raises BenchmarkFailed if one writes different rows than the project."""
    written = {contender: _written_by(fresh, contender) for contender in (PROJECT, ROW_BY_ROW, LIMIT)}
    for contender, tables in written.items():
        if tables != written[PROJECT]:
            raise BenchmarkFailed(f"{contender} wrote {tables}, but the project {written[PROJECT]}")


def _written_by(fresh: Fresh, contender: str) -> object:
    with fresh() as url:
        run_program(RUNNER, contender, DATABASE_URL=url)
        return run_program(READER, DATABASE_URL=url)
