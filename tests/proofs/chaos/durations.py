"""Accelerated durations of the campaign: the product's own, in proportion, at a pace of seconds.

The product keeps its defaults; the campaign's processes use these.
"""

import os
from datetime import timedelta

PACE = float(os.environ.get("CHAOS_PACE", "1"))
"""Factor for all durations."""


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number * PACE)


CONNECT_TIMEOUT = _seconds(0.5)
READ_TIMEOUT = _seconds(1.5)
ROUNDS = 2
CALLS = _seconds(4.5)
"""ROUNDS * (CONNECT_TIMEOUT + READ_TIMEOUT), plus a margin."""
LEASE = _seconds(6)
GRACE = _seconds(16)
FIRST_DELAY = _seconds(1)
THROTTLED_DELAY = _seconds(0.5)
RECOVERY = _seconds(5)
ASKED_EVERY = _seconds(2)

SIGNATURE_LASTS = GRACE
"""AWS refuses signatures after 15 minutes. The grace time must last longer, and is as short as that here."""

LATE = READ_TIMEOUT * 1.25
"""Delay after which an abandoned call is accepted nevertheless."""

SLOWEST_CONFIRMATION = _seconds(8)
"""Delay after acceptance, longer than a lease; otherwise confirmations would hide a missing intent."""

CONFIRMED_IN_TIME = GRACE - LATE - CONNECT_TIMEOUT
"""Time from acceptance to record. A confirmation delayed longer by a busy machine proves nothing."""
