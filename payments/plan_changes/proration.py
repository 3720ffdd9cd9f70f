"""Arithmetic of a change of plan: unused value becomes money off, or time. Nothing is read or written here.

Amounts are exact Decimals in one currency, rounded to its minor unit once, at the end. Durations count in microseconds,
the resolution of the database.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from foundation import money

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class PaidPeriod:
    """A period, its value, and the money that went back of it. The end is the first instant that is not part of it."""

    begin: datetime
    end: datetime
    value: Decimal
    returned: Decimal = Decimal(0)

    def unused(self, at: datetime) -> Fraction:
        """Return the value of what is left of the period, exactly: never less than 0, nor more than its value."""
        left, whole = self.end - max(at, self.begin), self.end - self.begin
        return Fraction(self.value) * max(left // MICROSECOND, 0) / (whole // MICROSECOND)


def credit(periods: Iterable[PaidPeriod], at: datetime, currency: str) -> Decimal:
    """Return the unused value at an instant less what went back, to the nearest minor unit."""
    running = [period for period in periods if period.end > at]
    exact = sum((period.unused(at) - Fraction(period.returned) for period in running), Fraction(0))
    return _rounded(max(exact, Fraction(0)), currency)


def time_for(value: Decimal, price: Decimal, begin: datetime, next_end: Callable[[datetime], datetime]) -> datetime:
    """Return the end of the time that the value buys from `begin` on: whole periods, and a part of the next one.

    `next_end` returns the end of the period that begins at an instant, and may raise InvalidPeriod. The price is above
    0. The part is rounded down to the microsecond.
    """
    whole, rest = divmod(value, price)
    for _period in range(int(whole)):
        begin = next_end(begin)
    if not rest:
        return begin
    length = (next_end(begin) - begin) // MICROSECOND
    return begin + int(length * Fraction(rest) / Fraction(price)) * MICROSECOND


def difference(price: Decimal, credited: Decimal) -> Decimal:
    """Return what is left to pay of a price, at least 0."""
    return max(price - credited, Decimal(0))


def _rounded(exact: Fraction, currency: str) -> Decimal:
    """Return the amount in whole minor units, the nearest one. An unknown currency has two decimals."""
    decimals = money.DECIMALS.get(currency, 2)
    return Decimal(round(exact * 10**decimals)).scaleb(-decimals)
