"""Expiry of a card: a year and a month, of which the last day still counts."""

from datetime import date, timedelta


def end_of_month(year: int, month: int) -> date:
    """Return the last day of the month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
