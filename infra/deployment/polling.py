"""Polling of what AWS is at work on, with a limit, and never in silence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

INTERVAL = timedelta(seconds=1)
"""Between two questions; that of boto3's own waiters for functions."""
LONGEST_SILENCE = timedelta(seconds=10)


@dataclass
class Progress:
    """Lines that tell a person that something still goes on. `told` is the time of the last one, by time.monotonic."""

    told: float = 0.0

    def tell(self, text: str) -> None:
        """Print a line."""
        print(f"\n    {text}", end="", flush=True)
        self.told = time.monotonic()


PROGRESS = Progress()


def poll(at_work: Callable[[], str], limit: timedelta, interval: timedelta | None = None) -> str:
    """Ask until nothing is at work, or the limit is over; return the last answer, empty where nothing is at work.

    `at_work` says what is at work and why, and nothing once it is done. It is asked at least once, and then every
    INTERVAL, or as often as `interval` says.
    """
    pause = (INTERVAL if interval is None else interval).total_seconds()
    started = told = time.monotonic()
    while said := at_work():
        now = time.monotonic()
        if now - started >= limit.total_seconds():
            return said
        if now - told >= LONGEST_SILENCE.total_seconds():
            PROGRESS.tell(f"after {now - started:.0f} s: {said}")
            told = now
        time.sleep(pause)
    return ""
