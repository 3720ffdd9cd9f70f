"""What is measured of storage, all of which can be counted."""

import math
from dataclasses import dataclass

from benchmarks.program import run_program
from benchmarks.section import Section, Table
from infra.postgresql import PostgreSQL

SIZER = "benchmarks.storage.size"
SUBSCRIPTIONS = 20_000

TEXT = f"""\
PostgreSQL, {SUBSCRIPTIONS:,} subscribers of three years with one subscription, three events and six notifications each
(`large_history`), and an event of SES for each mail that arrived or bounced; written in order and vacuumed: indexes
that are written row by row are less full, and so larger."""


@dataclass(frozen=True)
class Size:
    """Of one table."""

    rows: int
    heap: int
    """Bytes."""
    indexes: int
    """Bytes."""

    @property
    def heap_each(self) -> float:
        """Bytes a row."""
        return self.heap / self.rows

    @property
    def indexes_each(self) -> float:
        """Bytes a row."""
        return self.indexes / self.rows

    @property
    def each(self) -> float:
        """Bytes a row, its part of the indexes included."""
        return self.heap_each + self.indexes_each


def measure() -> Section:
    """Bytes a row, by table."""
    sizes = read_sizes()
    rows = [[table, f"{size.heap_each:.0f}", f"{size.indexes_each:.0f}"] for table, size in sizes.items()]
    figures = {f"{table}: bytes": size.each for table, size in sizes.items()}
    return Section("Storage", TEXT, [Table("Bytes a row", ["", "row", "its indexes"], rows)], figures=figures)


def counts() -> dict[str, int]:
    """Bytes a row with its indexes, rounded up to ten."""
    return {f"bytes a row of {table}": math.ceil(size.each / 10) * 10 for table, size in read_sizes().items()}


def read_sizes() -> dict[str, Size]:
    """The size of each table."""
    with PostgreSQL() as server:
        sizes: dict[str, list[int]] = run_program(SIZER, str(SUBSCRIPTIONS), DATABASE_URL=server.url)
    return {table: Size(*figures) for table, figures in sizes.items()}
