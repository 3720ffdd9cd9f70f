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
        view.rate_limit = self._headers(limits, counted)  # type: ignore[attr-defined] # Endpoint's
        return all(counted[bucket] <= limit for bucket, limit in limits.items())

    def _headers(self, limits: dict[str, int], counted: dict[str, int]) -> dict[str, str]:
        """Return the fields of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10)."""
        window, seconds = int(counters.WINDOW.total_seconds()), int(self.wait())
        named = list(zip(("user", "address"), limits.items(), strict=True))
        left = {name: max(0, limit - counted[bucket]) for name, (bucket, limit) in named}
        return {
            "RateLimit-Policy": ", ".join(f'"{name}";q={limit};w={window}' for name, (_bucket, limit) in named),
            "RateLimit": ", ".join(f'"{name}";r={rest};t={seconds}' for name, rest in left.items()),
        }

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return (counters.window_end(self.now) - self.now).total_seconds()
