"""Current time of the service."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the current time, aware and in UTC. Code below jobs, views and commands takes it as an argument."""
    return from_database(timezone.now())


def from_database(instant: datetime) -> datetime:
    """Convert a database time to the service's clock.

    The two differ only while the local clock is moved.
    """
    return instant + travelled() if settings.LOCAL_CLOCK else instant


def travelled() -> timedelta:
    """Return the lead of the service's clock over the true time. Raises LocalClockUnreadable, on a laptop only."""
    if not settings.LOCAL_CLOCK:
        return timedelta()
    from foundation import local_clock  # noqa: PLC0415 - not needed in a deployed function

    return local_clock.offset()
