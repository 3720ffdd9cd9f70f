"""Disasters of an episode: targets and times drawn from the seed."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from infra.postgresql import PostgreSQL
from tests.proofs.chaos.durations import CALLS, GRACE, LEASE, PACE
from tests.proofs.chaos.fleet import Fleet, Worker
from tests.proofs.chaos.program import Program

REFUSED_SECONDS = 1.0 * PACE
LONGEST_SECONDS = 900.0
"""Limit for a storm without all disasters, which the verdict then reports."""


class Disaster(Enum):
    """Disaster beside the faults of single calls."""

    KILL = "kill -9"
    HICCUP = "frozen within its lease"
    FREEZE = "frozen past its lease"
    LONG_FREEZE = "frozen past lease and grace"
    REFUSE = "connections refused"
    RESTART = "database restarted"
    CRASH = "database crashed"


FREEZES = {
    Disaster.HICCUP: CALLS / 4,
    Disaster.FREEZE: LEASE * 1.2,
    Disaster.LONG_FREEZE: LEASE + GRACE * 1.2,
}
EACH = {
    Disaster.KILL: 4,
    Disaster.HICCUP: 1,
    Disaster.FREEZE: 2,
    Disaster.LONG_FREEZE: 2,
    Disaster.REFUSE: 1,
    Disaster.RESTART: 1,
    Disaster.CRASH: 1,
}
"""Number of each disaster per episode."""


@dataclass(frozen=True)
class Theatre:
    """Targets of disasters."""

    fleet: Fleet
    proxy: Program
    database: PostgreSQL


class Storm:
    """Disasters spread over `duration`, or longer on a busy machine."""

    def __init__(self, chance: random.Random, duration: timedelta) -> None:
        self._chance = chance
        begun = time.monotonic()
        disasters = [disaster for disaster, number in EACH.items() for _ in range(number)]
        times = sorted(begun + chance.uniform(0, duration.total_seconds()) for _ in disasters)
        chance.shuffle(disasters)
        self._coming = list(zip(times, disasters, strict=True))
        self._ends_at = begun + duration.total_seconds()
        self.struck: Counter[str] = Counter()

    @property
    def may_end(self) -> bool:
        """Return True once each disaster has struck and the time is up."""
        return not self._coming and time.monotonic() >= self._ends_at

    @property
    def has_lasted_too_long(self) -> bool:
        """Return True once it is useless to wait for the rest."""
        return time.monotonic() >= self._ends_at + LONGEST_SECONDS

    def strike(self, theatre: Theatre) -> None:
        """Run a due disaster, if it has a target."""
        if self._coming and self._coming[0][0] <= time.monotonic() and self._strike(self._coming[0][1], theatre):
            self.struck[self._coming.pop(0)[1].value] += 1

    def _strike(self, disaster: Disaster, theatre: Theatre) -> bool:
        match disaster:
            case Disaster.REFUSE:
                theatre.proxy.tell(f"refuse {REFUSED_SECONDS}")
            case Disaster.RESTART:
                theatre.database.restart()
            case Disaster.CRASH:
                theatre.database.restart(signal.SIGQUIT)
            case _:
                return self._strike_worker(disaster, theatre.fleet)
        return True

    def _strike_worker(self, disaster: Disaster, fleet: Fleet) -> bool:
        """Strike a running worker, since nothing happens to an idle one."""
        busy = [worker for worker in fleet.workers if worker.is_at_work]
        if not busy:
            return False
        worker: Worker = self._chance.choice(busy)
        if disaster is Disaster.KILL:
            fleet.kill(worker)
        else:
            fleet.freeze(worker, FREEZES[disaster])
        return True
