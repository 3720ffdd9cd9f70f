"""Durations of the campaign: those of the code in proportion, so that a lease ends within seconds.

They follow the speed of the machine, which must not decide who loses a lease.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from payments.charging import charger, claims
from payments.models import Order

LIMIT = 8
"""Orders per claim, so that a death concerns few."""
QUERIES = 150
"""Queries of a claim, about."""
SIDE_BY_SIDE = 4
"""Processes per core."""

START = datetime(2026, 12, 1, tzinfo=UTC)
"""Instant at which the storm begins: a day before the end of all periods."""
PACE = 3600
"""Seconds of the campaign's clock in the time for the calls of one claim."""


@dataclass(frozen=True)
class Durations:
    """Durations of one storm."""

    calls: timedelta

    @classmethod
    def measured(cls) -> Self:
        """Return durations that leave a claim time enough for its queries."""
        began = time.monotonic()
        for _query in range(QUERIES):
            Order.objects.filter(pk=-1).update(attempts=0)
        return cls(timedelta(seconds=max(0.5, SIDE_BY_SIDE * (time.monotonic() - began))))

    @property
    def lease(self) -> timedelta:
        return 4 * self.calls

    @property
    def freeze(self) -> timedelta:
        return 1.5 * self.lease

    def now(self, began: float) -> datetime:
        """Return the campaign's time in a storm that began then, in `time.time()`."""
        return START + timedelta(seconds=PACE * (time.time() - began) / self.calls.total_seconds())

    def shorten(self) -> None:
        """Give this process's copy of the code these durations."""
        setattr(claims, "LEASE", self.lease)  # noqa: B010 - mypy allows no assignment to a constant
        setattr(claims, "CALLS", self.calls)  # noqa: B010
        setattr(charger, "CLAIM_TIME", timedelta())  # noqa: B010
        setattr(charger, "LIMIT", LIMIT)  # noqa: B010
