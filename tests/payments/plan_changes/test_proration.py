"""Proration: what is unused becomes money off or time, and nothing is made or lost beyond half a minor unit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import money
from payments.plan_changes.proration import MICROSECOND, PaidPeriod, credit, difference, time_for

BEGIN = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CASES = 10_000

currencies = st.sampled_from(["JPY", "EUR", "KWD"])
lengths = st.timedeltas(min_value=DAY, max_value=366 * DAY)
parts = st.fractions(min_value=0, max_value=1)


@st.composite
def prices(draw: st.DrawFn) -> tuple[Decimal, str]:
    """Draw an amount of at least one minor unit, and its currency."""
    currency = draw(currencies)
    decimals = money.DECIMALS[currency]
    return Decimal(draw(st.integers(1, 10**7))).scaleb(-decimals), currency


def minor_unit(currency: str) -> Fraction:
    return Fraction(1, 10 ** money.DECIMALS[currency])


@settings(max_examples=CASES, deadline=None)
@given(paid=prices(), length=lengths, used=parts, factor=st.integers(1, 500), next_length=lengths)
def test_value_is_conserved_within_one_minor_unit(
    paid: tuple[Decimal, str], length: timedelta, used: Fraction, factor: int, next_length: timedelta
) -> None:
    value, currency = paid
    at = BEGIN + int(used * (length // MICROSECOND)) * MICROSECOND
    period = PaidPeriod(BEGIN, BEGIN + length, value)
    price = Decimal(factor) * Decimal(1).scaleb(-money.DECIMALS[currency])

    credited = credit([period], at, currency)

    consumed = Fraction(value) * ((at - BEGIN) // MICROSECOND) / (length // MICROSECOND)
    assert 0 <= credited <= value
    assert credited == round(credited, money.DECIMALS[currency])
    if credited < price:
        # What was paid before and now is what was consumed and the price of the new period.
        assert abs(Fraction(value) + Fraction(price - credited) - consumed - Fraction(price)) <= minor_unit(currency)
        return
    # A price of few minor units buys more periods than a calendar has: judge by a price that the credit pays once.
    price = max(price, credited / 3)
    end = time_for(credited, price, at, lambda begin: begin + next_length)
    bought = Fraction(price) * ((end - at) // MICROSECOND) / (next_length // MICROSECOND)
    assert bought <= Fraction(credited)
    assert abs(Fraction(value) - consumed - bought) <= minor_unit(currency)


@settings(max_examples=1_000, deadline=None)
@given(paid=prices(), steps=st.lists(parts, min_size=1, max_size=8), length=lengths)
def test_changing_to_and_fro_gives_no_more_than_was_paid(
    paid: tuple[Decimal, str], steps: list[Fraction], length: timedelta
) -> None:
    value, currency = paid
    consumed, total, at = Fraction(0), Fraction(value), BEGIN
    period = PaidPeriod(at, at + length, value)
    for step in steps:
        at = period.begin + int(step * (length // MICROSECOND)) * MICROSECOND
        consumed += Fraction(period.value) - period.unused(at)
        total += Fraction(value - credit([period], at, currency))
        period = PaidPeriod(at, at + length, value)
    assert abs(consumed + Fraction(period.value) - total) <= len(steps) * minor_unit(currency)


@pytest.mark.parametrize(
    ("value", "currency", "half"),
    [("980", "JPY", "490"), ("981", "JPY", "490"), ("9.90", "EUR", "4.95"), ("1.001", "KWD", "0.500")],
)
def test_half_a_period_is_half_its_value(value: str, currency: str, half: str) -> None:
    period = PaidPeriod(BEGIN, BEGIN + 30 * DAY, Decimal(value))
    assert credit([period], BEGIN + 15 * DAY, currency) == Decimal(half)


def test_periods_that_were_bought_ahead_count_in_full() -> None:
    running = PaidPeriod(BEGIN, BEGIN + 30 * DAY, Decimal(30))
    ahead = PaidPeriod(BEGIN + 30 * DAY, BEGIN + 60 * DAY, Decimal(30))
    assert credit([running, ahead], BEGIN + 10 * DAY, "EUR") == 50


def test_what_went_back_is_deducted_and_the_rest_is_never_negative() -> None:
    half = BEGIN + 15 * DAY
    assert credit([PaidPeriod(BEGIN, BEGIN + 30 * DAY, Decimal(30), Decimal(5))], half, "EUR") == 10
    assert credit([PaidPeriod(BEGIN, BEGIN + 30 * DAY, Decimal(30), Decimal(30))], half, "EUR") == 0


def test_period_that_is_over_has_no_value_and_takes_none() -> None:
    over = PaidPeriod(BEGIN, BEGIN + 30 * DAY, Decimal(30), returned=Decimal(30))
    running = PaidPeriod(BEGIN + 30 * DAY, BEGIN + 60 * DAY, Decimal(30))
    assert credit([over, running], BEGIN + 30 * DAY, "EUR") == 30


def test_credit_buys_whole_periods_and_a_part_of_the_next_one() -> None:
    end = time_for(Decimal(25), Decimal(10), BEGIN, lambda begin: begin + 30 * DAY)
    assert end == BEGIN + 75 * DAY


@pytest.mark.parametrize(
    ("price", "credited", "left"),
    [("99.00", "4.95", "94.05"), ("9900", "490", "9410"), ("8.500", "1.204", "7.296"), ("1.00", "4.95", "0")],
)
def test_difference_is_exact(price: str, credited: str, left: str) -> None:
    assert difference(Decimal(price), Decimal(credited)) == Decimal(left)
