"""Hours for which a database that sleeps is awake: by a formula, and by a year that is simulated.

    python -m benchmarks.costs.sleep

prints both by the number of wakes per month. `make sleep` measures a month of 200 subscriptions by a proxy before the
database, and holds the formula against it.
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

WORK_SECONDS = 70
"""Time awake beyond that of a visit, where a job has work: it is woken ahead, runs at a tick, and tells at the next.

Measured by the month of `make sleep` on 2026-11-30: 103 visits and 591 instants of work kept the database awake for
69.9 h, and 92 and 624 one that takes 30 s to resume for 75.4 h. The formula says 71.5 and 73.8.
"""

NIGHTLY_HOUR = 3
YEAR = 365.25 * 86_400


def awake_hours(visits: float, work: float = 0, nights: float = NIGHTS) -> float:
    """Return the hours awake per month for so many visits and instants of work at random, and one each night.

    An instant is awake unless none of them came within the time before it: the share of a Poisson process whose marks
    each last for a while.
    """
    visit = (RESUME_SECONDS + SLEEP_AFTER_SECONDS) / 3600
    asleep = math.exp(-((visits + work) * visit + work * WORK_SECONDS / 3600) / HOURS)
    nightly = nights * (RESUME_SECONDS + NIGHTLY_SECONDS + SLEEP_AFTER_SECONDS) / 3600
    return HOURS * (1 - asleep) + nightly * asleep


def scheduled_hours(visits: float, share: float) -> float:
    """Return the hours awake per month if a schedule keeps the database awake for this share, and visits do besides."""
    return HOURS - (1 - share) * (HOURS - awake_hours(visits, nights=0))


def simulated_hours(visits: float, work: float, seed: int = 1) -> float:
    """Return the hours awake per month in a simulated year.

    Work begins with the tick before its instant, GATE_AHEAD_SECONDS at most. It ends with the tick after the instant,
    and half of it tells somebody at one more.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation
    begun = sorted([*_visits(visits, chance), *_work(work, chance), *_nights()])
    awake = until = 0.0
    for start, end in begun:
        awake += max(0.0, end - max(start, until))
        until = max(until, end)
    return awake / 3600 / 12


def _instants(number: float, chance: random.Random) -> Iterator[float]:
    """Yield random instants of a year, so many per month."""
    now = 0.0
    while number and (now := now + chance.expovariate(12 * number / YEAR)) < YEAR:
        yield now


def _visits(number: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Yield the beginning and end of what each visit causes alone."""
    for now in _instants(number, chance):
        yield now, now + RESUME_SECONDS + SLEEP_AFTER_SECONDS


def _work(number: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Yield the beginning and end of what each instant of work causes alone."""
    for now in _instants(number, chance):
        woken = math.ceil((now - AHEAD_SECONDS) / 60) * 60
        done = math.ceil(now / 60) * 60 + chance.choice([0, 60])
        yield woken, max(done, woken + RESUME_SECONDS) + SLEEP_AFTER_SECONDS


def _nights() -> Iterator[tuple[float, float]]:
    for night in range(365):
        start = night * 86_400.0 + NIGHTLY_HOUR * 3600
        yield start, start + RESUME_SECONDS + NIGHTLY_SECONDS + SLEEP_AFTER_SECONDS


def main() -> int:
    """Print the hours by both, for a table of numbers of wakes, of which half are work."""
    for wakes in (0, 1_740, 8_700, 17_400, 174_000):
        formula, simulated = awake_hours(wakes / 2, wakes / 2), simulated_hours(wakes / 2, wakes / 2)
        print(f"{wakes:>8,} wakes: {formula:6.1f} h by the formula, {simulated:6.1f} h simulated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
