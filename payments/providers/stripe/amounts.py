"""Amounts as Stripe counts them: whole numbers of a minor unit, which for some currencies is not ISO 4217's.

Source: https://docs.stripe.com/currencies, "Zero-decimal currencies", "Special cases" and "Three-decimal currencies".
"""

from decimal import Decimal

from foundation.money import DECIMALS

COUNTED_OTHERWISE = {"ISK": 2, "MGA": 0, "UGX": 2}
"""Number of decimals that Stripe counts where it differs from ISO 4217. The decimals of ISK and UGX must be 00."""

LARGEST = 99_999_999
"""Most that one charge may take, in Stripe's minor unit (https://docs.stripe.com/currencies, "Minimum and maximum")."""


class UnpayableAmount(ValueError):
    """Stripe cannot take this amount in this currency. Change the plan's price."""


class UnknownCurrency(ValueError):
    """Stripe tells of money in a currency that foundation/money.py lacks. Add its decimals there."""


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Return the amount as Stripe counts it. Raises UnpayableAmount."""
    if currency not in DECIMALS:
        raise UnpayableAmount(f"{currency} is no currency")
    counted = amount.scaleb(_decimals(currency))
    if counted % _step(currency):
        raise UnpayableAmount(f"Stripe takes no fractions as small as in {amount} {currency}")
    if not 0 < counted <= LARGEST:
        raise UnpayableAmount(f"Stripe takes 1 to {LARGEST} of the minor unit of {currency}, and {amount} is not that")
    return int(counted)


def from_minor_units(counted: int, currency: str) -> Decimal:
    """Return the amount that Stripe counts so. The currency may be in lower case. Raises UnknownCurrency."""
    code = currency.upper()
    if code not in DECIMALS:
        raise UnknownCurrency(f"{code} has no known decimals")
    amount = Decimal(counted).scaleb(-_decimals(code))
    return amount.quantize(Decimal(1).scaleb(-DECIMALS[code])) if code in ("ISK", "UGX") else amount


def payable(amount: Decimal, currency: str, rounding: str) -> Decimal:
    """Return the amount, rounded as `decimal` names it to the smallest step that Stripe takes."""
    step = Decimal(_step(currency)).scaleb(-_decimals(currency))
    return (amount / step).to_integral_value(rounding) * step


def _decimals(currency: str) -> int:
    return COUNTED_OTHERWISE.get(currency, DECIMALS[currency])


def _step(currency: str) -> int:
    """Return the smallest number of minor units: Stripe wants 0 as the last digit of three-decimal currencies."""
    if currency in ("ISK", "UGX"):
        return 100
    return 10 if DECIMALS[currency] == 3 else 1
