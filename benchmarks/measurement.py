"""Measurement of a run, and the median of several."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

MICROSECOND = 1e-6
MEGABYTE = 1_000_000
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Measurement:
    """Resources needed for `units` of work, such as expired rows or answered requests."""

    units: float
    wall: float
    """Wall-clock seconds."""
    cpu: float
    """CPU seconds of the process."""
    backend_cpu: float = 0.0
    """CPU seconds of its PostgreSQL backend; 0 without one."""
    peak_memory: float = 0
    """Peak growth of the process's memory, in bytes."""
    queries: float = 0
    """Statements including BEGIN and COMMIT; 0 if they were not counted."""

    @property
    def rate(self) -> float:
        """Units per second."""
        return self.units / self.wall

    @property
    def cpu_each(self) -> float:
        """CPU microseconds per unit, of client and backend together."""
        return (self.cpu + self.backend_cpu) / self.units / MICROSECOND

    @property
    def queries_per_thousand(self) -> float:
        """Statements per thousand units."""
        return self.queries / self.units * 1000

    @classmethod
    def median(cls, several: Sequence[Self]) -> Self:
        """Return the median of each figure. Raises StatisticsError for an empty sequence."""
        return cls(**{field.name: statistics.median(_values(several, field.name)) for field in fields(cls)})


def _values(several: Sequence[Measurement], name: str) -> list[float]:
    return [asdict(measurement)[name] for measurement in several]
