"""What can be turned, and what one worker and the database then do in a second."""

from dataclasses import dataclass

from benchmarks.costs import operations
from benchmarks.costs.operations import MEMORY_MEGABYTES, UNITS_OF_A_CORE
from benchmarks.scale import limits

DATABASE_UNITS = 4
"""MaxCapacity of data.yaml."""

USED_OF_A_CORE = 0.8
"""Of the database's CPU; the rest is for checkpoints, vacuum and whoever else asks."""


@dataclass(frozen=True)
class Capacity:
    """A deployment: as it is in the repository, unless something is turned."""

    memory_megabytes: int = MEMORY_MEGABYTES
    sweeps_a_tick: int = 1
    """Entries of the schedule; each starts one invocation at every tick, whatever still runs."""
    deliveries_a_tick: int = 1
    database_units: float = DATABASE_UNITS
    mails_a_second: float = limits.MAILS.value
    mails_a_day: float = limits.MAILS_A_DAY.value
    events_a_second: float = limits.EVENTS.value

    @property
    def database_cores(self) -> float:
        """Those that the work may use."""
        return self.database_units / UNITS_OF_A_CORE * USED_OF_A_CORE


@dataclass(frozen=True)
class Pace:
    """Seconds that one invocation and one of the database's cores need for one of something."""

    function: float
    database: float


@dataclass(frozen=True)
class Paces:
    """Those of the night's work."""

    expiry: Pace
    mail: Pace
    event: Pace
    feedback: Pace
    """What SES says of one mail."""

    @classmethod
    def of(cls, capacity: Capacity) -> "Paces":
        """With the function's memory."""
        parts = (operations.sweep(), operations.mail(), operations.event(), operations.feedback())
        return cls(*(Pace(part.seconds(capacity.memory_megabytes), part.backend_cpu) for part in parts))
