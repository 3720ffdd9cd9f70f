"""Amounts as Stripe counts them."""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

import pytest

from foundation.money import DECIMALS
from payments.providers.stripe.amounts import UnpayableAmount, from_minor_units, payable, to_minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "counted"),
    [
        ("9.90", "EUR", 990),
        ("1200", "JPY", 1200),
        ("1.230", "KWD", 1230),
        ("500", "ISK", 50_000),
        ("500", "UGX", 50_000),
        ("5", "MGA", 5),
        ("999999.99", "USD", 99_999_999),
    ],
)
def test_amount_goes_there_and_comes_back(amount: str, currency: str, counted: int) -> None:
    assert to_minor_units(Decimal(amount), currency) == counted
    assert from_minor_units(counted, currency.lower()) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("9.905", "EUR"),
        ("1200.5", "JPY"),
        ("1.234", "KWD"),
        ("500.5", "ISK"),
        ("0.2", "MGA"),
        ("0", "EUR"),
        ("-1", "EUR"),
        ("1000000", "USD"),
        ("1", "XXX"),
    ],
)
def test_amount_that_stripe_cannot_take_is_refused_at_the_edge(amount: str, currency: str) -> None:
    with pytest.raises(UnpayableAmount):
        to_minor_units(Decimal(amount), currency)


def test_every_currency_conserves_its_smallest_payable_amount() -> None:
    for currency in DECIMALS:
        smallest = from_minor_units(100, currency)
        assert from_minor_units(to_minor_units(smallest, currency), currency) == smallest


@pytest.mark.parametrize(
    ("amount", "currency", "down", "up"),
    [
        ("9.90", "EUR", "9.90", "9.90"),
        ("9410", "JPY", "9410", "9410"),
        ("7.296", "KWD", "7.29", "7.30"),
        ("7.290", "KWD", "7.29", "7.29"),
        ("0.004", "KWD", "0", "0.01"),
        ("500", "ISK", "500", "500"),
        ("5.40", "MGA", "5", "6"),
        ("0.50", "EUR", "0.50", "0.50"),
        ("0.49", "EUR", "0", "0.49"),
        ("49", "JPY", "0", "49"),
        ("174.99", "HUF", "0", "174.99"),
        ("0.30", "GBP", "0.30", "0.30"),
        ("0.01", "GEL", "0.01", "0.01"),
    ],
)
def test_computed_amount_is_rounded_to_what_stripe_takes(amount: str, currency: str, down: str, up: str) -> None:
    rounded = [payable(Decimal(amount), currency, rounding) for rounding in (ROUND_DOWN, ROUND_UP)]
    assert rounded == [Decimal(down), Decimal(up)]
