"""What one run took, and what several runs took in the median."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

MICROSECOND = 1e-6
MEGABYTE = 1_000_000
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Measurement:
    """What it took to do something `units` times: to expire so many rows, to answer so many requests."""

    units: float
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of CPU of the process that did it."""
    backend_cpu: float = 0.0
    """Seconds of CPU of the PostgreSQL backend that served it; 0 without one."""
    peak_memory: float = 0
    """Bytes by which the process grew beyond what it held before, at most."""
    queries: float = 0
    """Statements, BEGIN and COMMIT among them; 0 where they were not counted."""

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.wall

    @property
    def cpu_each(self) -> float:
        """Microseconds of CPU a unit, of client and backend together."""
        return (self.cpu + self.backend_cpu) / self.units / MICROSECOND

    @property
    def queries_per_thousand(self) -> float:
        """Statements for a thousand units."""
        return self.queries / self.units * 1000

    @classmethod
    def median(cls, several: Sequence[Self]) -> Self:
        """Each figure's median. Raises StatisticsError for an empty sequence."""
        return cls(**{field.name: statistics.median(_values(several, field.name)) for field in fields(cls)})


def _values(several: Sequence[Measurement], name: str) -> list[float]:
    return [asdict(measurement)[name] for measurement in several]
