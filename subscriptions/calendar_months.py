"""Periods of calendar months, which end on the same day of the month, or on its last day where it is shorter.

All days are those of UTC, so that a period ends at the clock time at which it began.
"""

from calendar import monthrange
from datetime import UTC, datetime

MONTHS_PER_YEAR = 12


def add_months(begin: datetime, months: int, anchor_day: int) -> datetime:
    """Return the instant `months` later, on the anchor day or the month's last. Raises ValueError past 9999."""
    begin = begin.astimezone(UTC)
    years, month = divmod(begin.month - 1 + months, MONTHS_PER_YEAR)
    year, month = begin.year + years, month + 1
    return begin.replace(year=year, month=month, day=min(anchor_day, monthrange(year, month)[1]))


def anchor_of(begin: datetime, kept: int = 0) -> int:
    """Return the anchor day of a period from `begin` on: the kept one where `begin` lies on it, else its own day.

    An end that was moved by days, by an operator or a release without months, has a day of its own.
    """
    begin = begin.astimezone(UTC)
    last = monthrange(begin.year, begin.month)[1]
    return kept if kept and begin.day == min(kept, last) else begin.day
