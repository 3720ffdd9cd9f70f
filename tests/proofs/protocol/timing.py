"""How long everything may take, in ticks, as the code has it."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.conf import settings

from notifications.aws import clients

A_CALL = timedelta(seconds=clients.CONNECT_TIMEOUT + clients.READ_TIMEOUT)
"""Read at the import, because tests wait longer than what is deployed does."""


@dataclass(frozen=True)
class Timing:
    """Durations in ticks."""

    tick: timedelta
    lease: int
    calls: int
    """A call begins so soon after the intent, or not at all; so much is left of the lease when the intent is noted."""
    network: int
    """SES takes a request or never will, whether or not somebody still waits for the answer."""
    confirmation: int
    """SES tells of what it took."""
    grace: int
    """Confirmations are waited for."""
    skew: int
    """The second worker's clock is ahead."""

    @classmethod
    def of_the_code(cls) -> Self:
        """With half of DELIVERY_CALLS a tick; SES takes as long for its confirmation as the grace time can bear."""
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
