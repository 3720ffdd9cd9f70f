"""How often somebody has asked to change something, in this minute.

The counters are rows, since each sandbox of the Lambda function has a memory of its own. One statement counts several,
exactly, however many requests come at once. Django's cache in the database takes twelve for the same (measured), two of
which count its whole table, and loses counts to races.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
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
    that two statements never wait for each other.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    start = model._meta.get_field("window_start").get_db_prep_value(window_start(now), connection)  # type: ignore[union-attr]
    rows = ", ".join(["(%s, %s, 1)"] * len(buckets))
    parameters: list[Any] = [part for name in sorted(buckets) for part in (name, start)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (bucket, window_start, requests) VALUES {rows}"  # noqa: S608 - no foreign text
            " ON CONFLICT (bucket) DO UPDATE SET window_start = excluded.window_start, requests = CASE"
            f" WHEN {table}.window_start = excluded.window_start THEN {table}.requests + 1 ELSE 1 END"
            " RETURNING bucket, requests",
            parameters,
        )
        return dict(cursor.fetchall())
