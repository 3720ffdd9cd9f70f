"""Rate limit of API requests that change data: per minute, user and client network."""

from typing import ClassVar

from django.conf import settings
from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from foundation import clock
from foundation.web import throttling
from foundation.web.client_address import client_network


class ChangeThrottle(BaseThrottle):
    """Throttle for unsafe methods only. Around the turn of a minute up to twice the rate can pass."""

    counts: ClassVar[type[Model]]
    """Model of the counters, as required by `throttling.count`."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return True if user and network are both within their limits for this minute."""
        if request.method in SAFE_METHODS:
            return True
        self.now = clock.now()
        limits = {
            throttling.bucket("user", str(request.user.pk)): settings.CHANGES_PER_MINUTE_AND_USER,
            throttling.bucket("address", client_network(request.META)): settings.CHANGES_PER_MINUTE_AND_ADDRESS,
        }
        counted = throttling.count(self.counts, list(limits), self.now)
        return all(counted[bucket] <= limit for bucket, limit in limits.items())

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return (throttling.window_end(self.now) - self.now).total_seconds()
