"""Batches of a job, for as long as its time lasts."""

from collections.abc import Callable
from datetime import timedelta

BATCH = 500
"""Subscriptions per transaction, which holds their users' locks."""

RESERVE = timedelta(seconds=10)
"""Time that must be left to begin a batch."""


def in_batches(work: Callable[[], int | None], time_left: Callable[[], timedelta]) -> int:
    """Work until nothing is left and None comes back, or the time is over; return the sum of what came back."""
    done = 0
    while time_left() > RESERVE and (found := work()) is not None:
        done += found
    return done
