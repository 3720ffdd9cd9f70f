"""How often somebody may change something through the API: so many requests a minute by user, and by address."""

import ipaddress
from typing import ClassVar

from django.conf import settings
from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from foundation import clock, throttling
from foundation.client_address import client_address

IPV6_CUSTOMER = 64
"""Bits. A customer of an IPv6 provider holds at least such a network (RFC 6177), and can change addresses in it."""


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
            throttling.bucket("address", _network(client_address(request.META))): (
                settings.CHANGES_PER_MINUTE_AND_ADDRESS
            ),
        }
        counted = throttling.count(self.counts, list(limits), self.now)
        return all(counted[bucket] <= limit for bucket, limit in limits.items())

    def wait(self) -> float:
        """Seconds until the next minute."""
        return (throttling.window_end(self.now) - self.now).total_seconds()


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # "test-invoke-source-ip", from API Gateway's console
        return address
    prefix = IPV6_CUSTOMER if parsed.version == 6 else parsed.max_prefixlen
    return str(ipaddress.ip_network((address, prefix), strict=False))
