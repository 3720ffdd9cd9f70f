"""Storage benchmark, all of which can be counted."""

import math
from dataclasses import dataclass

from benchmarks.program import run_program
from benchmarks.section import Section, Table
from infra.postgresql import PostgreSQL

SIZER = "benchmarks.storage.size"
SUBSCRIPTIONS = 20_000

TEXT = f"""\
PostgreSQL with {SUBSCRIPTIONS:,} subscribers from three years, each with one subscription, three events and six
notifications (`large_history`), and one SES event per mail that arrived or bounced; written in order and vacuumed:
indexes built row by row are less dense, and so larger."""


@dataclass(frozen=True)
class Size:
    """Size of one table."""

    rows: int
    heap: int
    """Size in bytes."""
    indexes: int
    """Size in bytes."""

    @property
    def heap_each(self) -> float:
        """Bytes per row without indexes."""
        return self.heap / self.rows

    @property
    def indexes_each(self) -> float:
        """Bytes of the indexes per row."""
        return self.indexes / self.rows

    @property
    def each(self) -> float:
        """Bytes per row with its share of the indexes."""
        return self.heap_each + self.indexes_each


def measure() -> Section:
    """Measure bytes per row, by table."""
    sizes = read_sizes()
    rows = [[table, f"{size.heap_each:.0f}", f"{size.indexes_each:.0f}"] for table, size in sizes.items()]
    figures = {f"{table}: bytes": size.each for table, size in sizes.items()}
    return Section("Storage", TEXT, [Table("Bytes per row", ["", "row", "indexes"], rows)], figures=figures)


def counts() -> dict[str, int]:
    """Count bytes per row with indexes, rounded up to ten."""
    return {f"bytes a row of {table}": math.ceil(size.each / 10) * 10 for table, size in read_sizes().items()}


def read_sizes() -> dict[str, Size]:
    """Return the size of each table."""
    with PostgreSQL() as server:
        sizes: dict[str, list[int]] = run_program(SIZER, str(SUBSCRIPTIONS), DATABASE_URL=server.url)
    return {table: Size(*figures) for table, figures in sizes.items()}
