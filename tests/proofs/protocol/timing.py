"""Durations of the code in ticks."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.conf import settings

from notifications.aws import clients

A_CALL = timedelta(seconds=clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT)
"""Read at import, because tests wait longer than the deployed code."""


@dataclass(frozen=True)
class Timing:
    """Durations in ticks."""

    tick: timedelta
    lease: int
    calls: int
    """Limit between intent and call; also the time left of the lease at the intent."""
    network: int
    """Limit for SES to accept a request, even if nobody waits for the response."""
    confirmation: int
    """Limit for SES to confirm an accepted mail."""
    grace: int
    """Wait for confirmations."""
    skew: int
    """Lead of the second worker's clock."""

    @classmethod
    def of_the_code(cls) -> Self:
        """Return the durations with half of DELIVERY_CALLS per tick; SES confirms as late as the grace time allows."""
        tick = settings.DELIVERY_CALLS / 2
        network = math.ceil(A_CALL / tick)
        grace = settings.CONFIRMATION_GRACE // tick
        lease = settings.DELIVERY_LEASE // tick
        return cls(
            tick=tick,
            lease=lease,
            calls=settings.DELIVERY_CALLS // tick,
            network=network,
            confirmation=grace - network - 1,
            grace=grace,
            skew=lease + grace,
        )
