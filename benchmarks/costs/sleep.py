"""Hours for which a database that sleeps is awake: by a formula, and by a year that is simulated.

    python -m benchmarks.costs.sleep

prints both by the number of wakes per month.
"""

import math
import random
import sys
from collections.abc import Iterator

HOURS = 730
"""Hours of a month."""
NIGHTS = HOURS / 24

RESUME_SECONDS, SLEEP_AFTER_SECONDS = 15, 300
"""Times of Aurora: until the first connection, and from the last one until it sleeps again."""

NIGHTLY_SECONDS = 60
"""Time between the first nightly job and the last, which is the access audit."""

AHEAD_SECONDS = 75
"""GATE_AHEAD_SECONDS: each end that comes by itself wakes the database so much earlier, or a tick later."""

NIGHTLY_HOUR = 3
YEAR = 365.25 * 86_400


def awake_hours(wakes: float) -> float:
    """Return the hours awake per month for so many wakes at random instants, and one each night.

    An instant is awake unless none of them came within the time before it: the share of a Poisson process whose marks
    each last for a while.
    """
    lasts = (RESUME_SECONDS + SLEEP_AFTER_SECONDS) / 3600
    asleep = math.exp(-wakes / HOURS * lasts)
    nightly = NIGHTS * (RESUME_SECONDS + NIGHTLY_SECONDS + SLEEP_AFTER_SECONDS) / 3600
    return HOURS * (1 - asleep) + nightly * asleep


def simulated_hours(wakes: float, by_itself: float = 0.3, seed: int = 1) -> float:
    """Return the hours awake per month in a simulated year, in which a share of the wakes comes by itself.

    Those begin with the tick before the instant, GATE_AHEAD_SECONDS at most, and last until the instant has passed.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation
    begun = sorted([*_visits(wakes, by_itself, chance), *_nights()])
    awake = until = 0.0
    for start, end in begun:
        awake += max(0.0, end - max(start, until))
        until = max(until, end)
    return awake / 3600 / 12


def _visits(wakes: float, by_itself: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Yield the beginning and end of what each wake causes alone."""
    now = 0.0
    while wakes and (now := now + chance.expovariate(12 * wakes / YEAR)) < YEAR:
        if chance.random() < by_itself:
            tick = math.ceil((now - AHEAD_SECONDS) / 60) * 60
            yield tick, max(now, tick + RESUME_SECONDS) + SLEEP_AFTER_SECONDS
        else:
            yield now, now + RESUME_SECONDS + SLEEP_AFTER_SECONDS


def _nights() -> Iterator[tuple[float, float]]:
    for night in range(365):
        start = night * 86_400.0 + NIGHTLY_HOUR * 3600
        yield start, start + RESUME_SECONDS + NIGHTLY_SECONDS + SLEEP_AFTER_SECONDS


def main() -> int:
    """Print the hours by both, for a table of numbers of wakes."""
    for wakes in (0, 1_740, 8_700, 17_400, 174_000):
        print(
            f"{wakes:>8,} wakes: {awake_hours(wakes):6.1f} h by the formula, {simulated_hours(wakes):6.1f} h simulated"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
