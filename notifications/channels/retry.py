"""Retry policy, as a pure function."""

from datetime import timedelta

FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
MAXIMUM_ATTEMPTS = 30
"""Half a day with the average of the delays: longer than most outages, shorter than a mail is worth."""


def delay(attempts: int, chance: float) -> timedelta:
    """Return the wait after `attempts` attempts (1 or more) that sent nothing.

    Full jitter, https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/: `chance` (0 to 1)
    of an exponentially growing bound, so that those who failed together do not come back together.
    """
    bound: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
    return bound * chance
