"""Counters of change requests per minute.

The counters are rows, because sandboxes of the Lambda function share no memory. One statement updates several of them
exactly, even under concurrency. Django's database cache needs twelve statements (measured), two of which count its
whole table, and loses counts to races.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connections, router
from django.utils.crypto import salted_hmac

from foundation.throttling.models import RequestCount

WINDOW = timedelta(minutes=1)


class TooManyRequests(Exception):
    """A limit is exceeded. Pages answer with status 429, and repeat `retry_after` in the header Retry-After."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"too many requests; wait {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after


def bucket(kind: str, name: str) -> str:
    """Return the key of a counter, as a keyed hash so that the table identifies nobody."""
    return salted_hmac("foundation.throttling", f"{kind} {name}", algorithm="sha256").hexdigest()


def window_start(now: datetime) -> datetime:
    """Return the start of the window that contains `now`."""
    return now.replace(second=0, microsecond=0)


def window_end(now: datetime) -> datetime:
    """Return the start of the next window."""
    return window_start(now) + WINDOW


def count(buckets: Collection[str], now: datetime) -> dict[str, int]:
    """Add one request to each bucket and return the new counts. A new window starts at zero.

    All callers lock the buckets in the same order,
    which prevents deadlocks. A caller with a slow clock counts in the window that another has already opened, because
    clocks never agree on the turn of a minute. A window further ahead than the next one was opened by a wrong clock and
    is replaced.
    """
    connection = connections[router.db_for_write(RequestCount)]
    table = connection.ops.quote_name(RequestCount._meta.db_table)
    prepare = partial(RequestCount._meta.get_field("window_start").get_db_prep_value, connection=connection)
    start, following = prepare(window_start(now)), prepare(window_end(now))
    rows = ", ".join(["(%s, %s, 1)"] * len(buckets))
    parameters: list[Any] = [part for name in sorted(buckets) for part in (name, start)]
    goes_on = f"{table}.window_start IN (excluded.window_start, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (bucket, window_start, requests) VALUES {rows}"  # noqa: S608 - no foreign text
            " ON CONFLICT (bucket) DO UPDATE SET"
            f" window_start = CASE WHEN {goes_on} THEN {table}.window_start ELSE excluded.window_start END,"
            f" requests = CASE WHEN {goes_on} THEN {table}.requests + 1 ELSE 1 END"
            " RETURNING bucket, requests",
            [*parameters, following, following],
        )
        return dict(cursor.fetchall())


def enforce(limits: Mapping[str, int], now: datetime) -> None:
    """Count one request in each bucket. Raises TooManyRequests if one exceeds its limit."""
    counted = count(limits, now)
    if any(counted[name] > limit for name, limit in limits.items()):
        raise TooManyRequests(window_end(now) - now)
