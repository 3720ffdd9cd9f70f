"""How often somebody may change something through the API: so many requests a minute by user, and by address."""

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
    """Counts what may change something, and nothing else. At the turn of a minute twice the rate can pass."""

    counts: ClassVar[type[Model]]
    """The table of the counters, as `throttling.count` wants it."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether neither the user nor the address has asked too often in this minute."""
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
        """Seconds until the next minute."""
        return (throttling.window_end(self.now) - self.now).total_seconds()
