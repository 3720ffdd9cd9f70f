"""Rate limit of API requests that change data: per minute, user and client network."""

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from foundation import clock
from foundation.throttling import counters
from foundation.web.client_address import client_network


class ChangeThrottle(BaseThrottle):
    """Throttle for unsafe methods only. Around the turn of a minute up to twice the rate can pass."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return True if user and network are both within their limits for this minute."""
        if request.method in SAFE_METHODS:
            return True
        self.now = clock.now()
        limits = {
            counters.bucket("user", str(request.user.pk)): settings.CHANGES_PER_MINUTE_AND_USER,
            counters.bucket("address", client_network(request.META)): settings.CHANGES_PER_MINUTE_AND_ADDRESS,
        }
        counted = counters.count(limits, self.now)
        return all(counted[bucket] <= limit for bucket, limit in limits.items())

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return (counters.window_end(self.now) - self.now).total_seconds()
