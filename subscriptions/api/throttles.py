"""Throttle of changing requests."""

from foundation.api import throttles
from subscriptions.models import RequestCount


class ChangeThrottle(throttles.ChangeThrottle):
    """Throttle of changes, counted in this app's table."""

    counts = RequestCount
