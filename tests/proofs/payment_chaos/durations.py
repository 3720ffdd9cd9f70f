"""Durations of the campaign: those of the code in proportion, so that a lease ends within seconds."""

from datetime import UTC, datetime, timedelta

from payments.charging import charger, claims

LEASE = timedelta(seconds=2)
CALLS = timedelta(seconds=0.5)
FREEZE = 1.5 * LEASE

LIMIT = 8
"""Orders per claim, so that a death concerns few."""

START = datetime(2026, 12, 1, tzinfo=UTC)
"""Instant at which the storm begins: a day before the end of all periods."""
PACE = 7200
"""Seconds of the campaign's clock per second of the storm."""


def shorten() -> None:
    """Give this process's copy of the code these durations."""
    setattr(claims, "LEASE", LEASE)  # noqa: B010 - mypy allows no assignment to a constant
    setattr(claims, "CALLS", CALLS)  # noqa: B010
    setattr(charger, "CLAIM_TIME", timedelta())  # noqa: B010
    setattr(charger, "LIMIT", LIMIT)  # noqa: B010
