"""Deployment parameters, and the resulting rates of a worker and the database."""

from dataclasses import dataclass

from benchmarks.costs import operations
from benchmarks.costs.operations import MEMORY_MEGABYTES, UNITS_OF_A_CORE
from benchmarks.scale import limits

DATABASE_UNITS = 4
"""MaxCapacity in data.yaml."""

USED_OF_A_CORE = 0.8
"""Usable share of the database's CPU; the rest is for checkpoints, vacuum and other queries."""


@dataclass(frozen=True)
class Capacity:
    """Deployment parameters; the defaults are those of the repository."""

    memory_megabytes: int = MEMORY_MEGABYTES
    sweeps_a_tick: int = 1
    """Schedule entries. Each starts one invocation at every tick, regardless of running ones."""
    deliveries_a_tick: int = 1
    database_units: float = DATABASE_UNITS
    mails_a_second: float = limits.MAILS.value
    mails_a_day: float = limits.MAILS_A_DAY.value
    events_a_second: float = limits.EVENTS.value

    @property
    def database_cores(self) -> float:
        """Cores available for the work."""
        return self.database_units / UNITS_OF_A_CORE * USED_OF_A_CORE


@dataclass(frozen=True)
class Pace:
    """Seconds of an invocation and of a database core per unit of work."""

    function: float
    database: float


@dataclass(frozen=True)
class Paces:
    """Paces of the night's work."""

    expiry: Pace
    mail: Pace
    event: Pace
    feedback: Pace
    """SES feedback for one mail."""

    @classmethod
    def of(cls, capacity: Capacity) -> "Paces":
        """Return the paces for the function's memory."""
        parts = (operations.sweep(), operations.mail(), operations.event(), operations.feedback())
        return cls(*(Pace(part.seconds(capacity.memory_megabytes), part.backend_cpu) for part in parts))
