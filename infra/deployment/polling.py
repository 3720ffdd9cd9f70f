"""Polling with a limit, which prints progress regularly."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

INTERVAL = timedelta(seconds=1)
"""Interval of polling, as in boto3's own waiters for functions."""
LONGEST_SILENCE = timedelta(seconds=10)


@dataclass
class Progress:
    """Progress output. `told` is the time of the last line, by time.monotonic."""

    told: float = 0.0

    def tell(self, text: str) -> None:
        """Print a line."""
        print(f"\n    {text}", end="", flush=True)
        self.told = time.monotonic()


PROGRESS = Progress()


def poll(at_work: Callable[[], str], limit: timedelta, interval: timedelta | None = None) -> str:
    """Poll until `at_work` returns "" or the limit is reached. Return its last result.

    `at_work` returns a description of the running operation. It is called at least once, and then every INTERVAL, or
    `interval`.
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
