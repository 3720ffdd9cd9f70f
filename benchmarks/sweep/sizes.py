"""Contenders at each size of the backlog, on both databases."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measurement import MEBIBYTE, MEGABYTE, Measurement
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Chart, Table, shown
from benchmarks.sweep.contenders import LIMIT, PROJECT, ROW_BY_ROW, check_that_all_write_the_same, contenders
from benchmarks.sweep.counting import queries_per_thousand
from benchmarks.sweep.ground import POSTGRESQL, grounds

ROUNDS = {1_000: 7, 10_000: 7, 100_000: 7, 1_000_000: 3}
"""Number of rounds by number of due rows."""
SMALLEST, COUNTED, AIMED_AT, LARGEST = ROUNDS
COLUMNS = ["due rows, contender", "rows/s", "CPU us/row", "of which PostgreSQL", "peak memory, MiB", "queries/1,000"]


@dataclass(frozen=True)
class Sizes:
    """Measurements on one database."""

    database: str
    rounds: Mapping[int, Rounds]
    queries: Mapping[str, float]
    """Queries per thousand rows, counted at COUNTED."""

    def table(self) -> Table:
        """Return the table of all medians."""
        rows = [
            self._row(due, name, rounds.median(name))
            for due, rounds in self.rounds.items()
            for name in (ROW_BY_ROW, PROJECT, LIMIT)
        ]
        return Table(f"{self.database}: medians", COLUMNS, rows)

    def chart(self) -> Chart:
        """Return the chart of rows per second."""
        series = {
            name: [rounds.median(name).rate for rounds in self.rounds.values()] for name in (ROW_BY_ROW, PROJECT, LIMIT)
        }
        labels = [f"{due:,} due" for due in self.rounds]
        return Chart(f"{self.database.lower()}", f"{self.database}: rows per second", labels, series, logarithmic=True)

    def times_row_by_row(self, due: int = 0) -> float:
        """Return the project's rate as a multiple of row by row."""
        return self.rounds[due or AIMED_AT].ratio(PROJECT, ROW_BY_ROW, lambda taken: taken.rate)

    def times_the_limit(self, due: int = 0) -> float:
        """Return the project's time as a multiple of the limit."""
        return self.rounds[due or AIMED_AT].ratio(PROJECT, LIMIT, lambda taken: taken.wall)

    def memory_growth(self) -> float:
        """Return the growth of the project's peak memory from COUNTED to LARGEST, in megabytes."""
        return (self._peak(LARGEST) - self._peak(COUNTED)) / MEGABYTE

    def _peak(self, due: int) -> float:
        return self.rounds[due].median(PROJECT).peak_memory

    def _row(self, due: int, name: str, median: Measurement) -> list[str]:
        backend = shown(median.backend_cpu / median.units * 1e6) if self.database == POSTGRESQL else ""
        memory = shown(median.peak_memory / MEBIBYTE)
        queries = shown(self.queries[name])
        return [f"{due:,}, {name}", f"{median.rate:,.0f}", shown(median.cpu_each), backend, memory, queries]


def measure_sizes(database: str) -> Sizes:
    """Measure SQLite or PostgreSQL at each size. Raises BenchmarkFailed if contenders write different rows."""
    rounds = {}
    with grounds(database) as ground:
        for due, number in ROUNDS.items():
            print(f"{database}: {due:,} due, {number} rounds ...", flush=True)
            with ground(due) as fresh:
                if due == SMALLEST:
                    check_that_all_write_the_same(fresh)
                if due == COUNTED:
                    queries = queries_per_thousand(fresh)
                rounds[due] = run_in_turn(contenders(fresh, due), number)
    return Sizes(database, rounds, queries)
