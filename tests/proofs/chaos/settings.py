"""Project settings with the campaign's durations."""

from tests.proofs.chaos import durations
from tests.settings import *  # noqa: F403 - all of them

DELIVERY_LEASE = durations.LEASE
DELIVERY_CALLS = durations.CALLS
CONFIRMATION_GRACE = durations.GRACE
DELIVERY_THREADS = 2
