"""Daily counts of accounts and confirmed addresses, for the dashboard."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from django.db import connections, router

from accounts.models import DailyCount


class Counted(StrEnum):
    """Columns of DailyCount."""

    SIGNED_UP = "signed_up"
    ADDED_BY_STAFF = "added_by_staff"
    ADDRESSES_CHANGED = "addresses_changed"


def count(counted: Counted, now: datetime) -> None:
    """Add one to the count of the day, in the current transaction. Do it last, because it locks the day's row.

    One statement, so that of any number at once none is lost. Django's `update_conflicts` cannot add to a column.
    """
    connection = connections[router.db_for_write(DailyCount)]
    table, column = map(connection.ops.quote_name, (DailyCount._meta.db_table, counted.value))
    day = DailyCount._meta.get_field("day").get_db_prep_value(now.date(), connection=connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (day, {column}) VALUES (%s, 1)"  # noqa: S608 - no foreign text
            f" ON CONFLICT (day) DO UPDATE SET {column} = {table}.{column} + 1",
            [day],
        )


def counts_by_day(days: Sequence[date]) -> list[DailyCount]:
    """Return the counts of the days, oldest first; a day without any has zeros."""
    rows = {row.day: row for row in DailyCount.objects.filter(day__gte=days[0])}
    return [rows.get(day, DailyCount(day=day)) for day in days]
