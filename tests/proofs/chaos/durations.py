"""The campaign's time runs faster: the product's durations, in their own proportions, at a pace of seconds.

The product keeps its defaults; the processes of the campaign are told these.
"""

import os
from datetime import timedelta

PACE = float(os.environ.get("CHAOS_PACE", "1"))
"""All durations are multiplied by it."""


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number * PACE)


CONNECT_TIMEOUT = _seconds(0.5)
READ_TIMEOUT = _seconds(1.5)
ROUNDS = 2
CALLS = _seconds(4.5)
"""ROUNDS * (CONNECT_TIMEOUT + READ_TIMEOUT), and a little."""
LEASE = _seconds(6)
GRACE = _seconds(16)
FIRST_DELAY = _seconds(1)
THROTTLED_DELAY = _seconds(0.5)
RECOVERY = _seconds(5)
ASKED_EVERY = _seconds(2)

SIGNATURE_LASTS = GRACE
"""AWS refuses what was signed 15 minutes ago; the grace time must last longer, and here is as short as that."""

LATE = READ_TIMEOUT * 1.25
"""After which a call that everybody has given up is accepted nevertheless."""

SLOWEST_CONFIRMATION = _seconds(8)
"""After the acceptance: longer than a lease, or the confirmations would do what the intent is there for."""

CONFIRMED_IN_TIME = GRACE - LATE - CONNECT_TIMEOUT
"""From acceptance to record: a confirmation that a busy machine holds up for longer proves nothing."""
