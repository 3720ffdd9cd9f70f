"""The service's notion of now."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present instant, timezone-aware, in UTC. All below a job, a view or a command takes it as an argument."""
    return timezone.now()
