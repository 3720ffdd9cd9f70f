"""Ends of periods of calendar months."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from subscriptions.calendar_months import add_months, anchor_of

FIRST_DAY = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
DAYS_OF_FOUR_YEARS = 4 * 365 + 1
MONTHS_OF_28_YEARS = 28 * 12


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T03:00:00+00:00")


@pytest.mark.parametrize(
    ("begin", "months", "anchor", "end"),
    [
        ("2026-01-15", 1, 15, "2026-02-15"),
        ("2026-01-31", 1, 31, "2026-02-28"),
        ("2026-02-28", 1, 31, "2026-03-31"),
        ("2028-01-31", 1, 31, "2028-02-29"),
        ("2028-02-29", 12, 29, "2029-02-28"),
        ("2031-02-28", 12, 29, "2032-02-29"),
        ("2026-12-31", 2, 31, "2027-02-28"),
        ("2026-11-30", 13, 30, "2027-12-30"),
    ],
)
def test_period_ends_on_the_anchor_day_or_the_last_of_the_month(begin: str, months: int, anchor: int, end: str) -> None:
    assert add_months(at(begin), months, anchor) == at(end)


@pytest.mark.slow
def test_renewing_every_month_for_28_years_never_drifts() -> None:
    """From each day of four years, which hold every length of a month."""
    steps = 0
    for day in range(DAYS_OF_FOUR_YEARS):
        begin = end = FIRST_DAY + timedelta(days=day)
        anchor = begin.day
        for month in range(1, MONTHS_OF_28_YEARS + 1):
            anchor = anchor_of(end, anchor)
            end = add_months(end, 1, anchor)
            assert end == add_months(begin, month, begin.day)
            steps += 1
        assert (end.date(), end.timetz()) == (_in_28_years(begin), begin.timetz())
    assert steps == 490_896


def _in_28_years(begin: datetime) -> date:
    return begin.date().replace(year=begin.year + 28)  # a leap day has a leap day 28 years later


def test_day_is_that_of_utc() -> None:
    evening = datetime(2026, 1, 30, 20, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert add_months(evening, 1, anchor_of(evening)) == datetime(2026, 2, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "kept", "anchor"),
    [
        ("2026-02-28", 31, 31),
        ("2026-02-27", 31, 27),
        ("2026-03-02", 31, 2),
        ("2026-04-30", 31, 31),
        ("2026-04-30", 30, 30),
        ("2026-04-30", 0, 30),
    ],
)
def test_end_that_was_moved_by_days_has_a_day_of_its_own(begin: str, kept: int, anchor: int) -> None:
    assert anchor_of(at(begin), kept) == anchor


def test_period_past_the_year_9999_is_refused() -> None:
    with pytest.raises(ValueError, match="year 10000"):
        add_months(at("9999-12-31"), 1, 31)
