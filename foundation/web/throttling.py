"""How often somebody has asked to change something, in this minute.

The counters are rows, since each sandbox of the Lambda function has a memory of its own. One statement counts several,
exactly, however many requests come at once. Django's cache in the database takes twelve for the same (measured), two of
which count its whole table, and loses counts to races.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connections, router
from django.db.models import Model
from django.utils.crypto import salted_hmac

WINDOW = timedelta(minutes=1)


def bucket(kind: str, name: str) -> str:
    """The counter of a user or an address: keyed and hashed, so that the table names nobody."""
    return salted_hmac("foundation.throttling", f"{kind} {name}", algorithm="sha256").hexdigest()


def window_start(now: datetime) -> datetime:
    """When the window that `now` is in began."""
    return now.replace(second=0, microsecond=0)


def window_end(now: datetime) -> datetime:
    """When the next one begins."""
    return window_start(now) + WINDOW


def count(model: type[Model], buckets: Collection[str], now: datetime) -> dict[str, int]:
    """Add one request to each bucket, starting over in a new window; return how many each then holds.

    `model` has the columns bucket (its key), window_start and requests. The buckets are taken in one order by all, so
    that two statements never wait for each other. A caller whose clock is behind counts in the window that has begun
    by another's: no two clocks turn a minute at the same instant. A window further ahead than the next one was opened
    by a clock that was wrong, and is left.
    """
    connection = connections[router.db_for_write(model)]
    table = connection.ops.quote_name(model._meta.db_table)
    prepare = partial(model._meta.get_field("window_start").get_db_prep_value, connection=connection)  # type: ignore[union-attr]
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
