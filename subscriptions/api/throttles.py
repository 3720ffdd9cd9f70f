"""How often somebody may change a subscription."""

from foundation.api import throttles
from subscriptions.models import RequestCount


class ChangeThrottle(throttles.ChangeThrottle):
    """Of this app, which has the table."""

    counts = RequestCount
