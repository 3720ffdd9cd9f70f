"""How often somebody may change something: so many requests a minute by user, and by address.

The counters are rows, since each sandbox of the Lambda function has a memory of its own. One statement counts both,
exactly, however many requests come at once. Django's cache in the database takes twelve for the same (measured), two of
which count its whole table, and loses counts to races.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from foundation import clock
from foundation.client_address import client_address
from subscriptions.models import RequestCount

WINDOW = timedelta(minutes=1)
IPV6_CUSTOMER = 64
"""Bits. A customer of an IPv6 provider holds at least such a network (RFC 6177), and can change addresses in it."""


class ChangeThrottle(BaseThrottle):
    """Counts what may change something, and nothing else. At the turn of a minute twice the rate can pass."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether neither the user nor the address has asked too often in this minute."""
        if request.method in SAFE_METHODS:
            return True
        self.now = clock.now()
        limits = {
            _bucket("user", str(request.user.pk)): settings.CHANGES_PER_MINUTE_AND_USER,
            _bucket("address", _network(client_address(request.META))): settings.CHANGES_PER_MINUTE_AND_ADDRESS,
        }
        counts = count(list(limits), _window_start(self.now))
        return all(counts[bucket] <= limit for bucket, limit in limits.items())

    def wait(self) -> float:
        """Seconds until the next minute."""
        return (_window_start(self.now) + WINDOW - self.now).total_seconds()


def count(buckets: list[str], window_start: datetime) -> dict[str, int]:
    """Add one request to each bucket, starting over in a new window; return how many each then holds.

    In one order for all, so that two statements never wait for each other.
    """
    table = connection.ops.quote_name(RequestCount._meta.db_table)
    rows = ", ".join(["(%s, %s, 1)"] * len(buckets))
    parameters = [part for bucket in sorted(buckets) for part in (bucket, _stored(window_start))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (bucket, window_start, requests) VALUES {rows}"  # noqa: S608 - no foreign text
            " ON CONFLICT (bucket) DO UPDATE SET window_start = excluded.window_start, requests = CASE"
            f" WHEN {table}.window_start = excluded.window_start THEN {table}.requests + 1 ELSE 1 END"
            " RETURNING bucket, requests",
            parameters,
        )
        return dict(cursor.fetchall())


def _stored(instant: datetime) -> Any:
    return RequestCount._meta.get_field("window_start").get_db_prep_value(instant, connection)


def _window_start(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _bucket(kind: str, name: str) -> str:
    """Keyed and hashed, so that the table holds nobody's address."""
    return salted_hmac("subscriptions.api.throttles", f"{kind} {name}", algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # "test-invoke-source-ip", from API Gateway's console
        return address
    prefix = IPV6_CUSTOMER if parsed.version == 6 else parsed.max_prefixlen
    return str(ipaddress.ip_network((address, prefix), strict=False))
