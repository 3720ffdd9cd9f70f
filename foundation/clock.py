"""The service's notion of now."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The present instant, timezone-aware, in UTC. All below a job, a view or a command takes it as an argument."""
    return from_database(timezone.now())


def from_database(instant: datetime) -> datetime:
    """An instant of the true time, by which the database tells the outbox's times, as `now` would have told it.

    The two differ only where somebody travels in time, on a laptop.
    """
    return instant + travelled() if settings.LOCAL_CLOCK else instant


def travelled() -> timedelta:
    """How far this clock is ahead of the true time. Raises LocalClockUnreadable, on a laptop."""
    if not settings.LOCAL_CLOCK:
        return timedelta()
    from foundation import local_clock  # noqa: PLC0415 - a deployed function needs none of it

    return local_clock.offset()
