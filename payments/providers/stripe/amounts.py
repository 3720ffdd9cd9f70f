"""Amounts as Stripe counts them: whole numbers of a minor unit, which for some currencies is not ISO 4217's.

Source: https://docs.stripe.com/currencies, "Zero-decimal currencies", "Special cases" and "Three-decimal currencies".
"""

from decimal import ROUND_DOWN, Decimal

from foundation.money import DECIMALS

COUNTED_OTHERWISE = {"ISK": 2, "MGA": 0, "UGX": 2}
"""Number of decimals that Stripe counts where it differs from ISO 4217. The decimals of ISK and UGX must be 00."""

LARGEST = 99_999_999
"""Most that one charge may take, in Stripe's minor unit (https://docs.stripe.com/currencies, "Minimum and maximum")."""

SMALLEST = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400,
    "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200,
    "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""Least that one charge may take, in Stripe's minor unit, where it publishes one.

https://docs.stripe.com/currencies, "Minimum and maximum charge amounts". The table is by the currency of the account: a
charge that is converted must reach that one's. Some methods of payment, such as iDEAL, take less.
"""


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
    """Return the amount, rounded as `decimal` names it to the smallest step that Stripe takes.

    What is charged is rounded down, to 0 if it is less than Stripe charges. What goes back has no minimum. Nothing
    can be moved in an unknown currency.
    """
    if currency not in DECIMALS:
        return Decimal(0)
    step = Decimal(_step(currency)).scaleb(-_decimals(currency))
    rounded = (amount / step).to_integral_value(rounding) * step
    is_too_small = rounding == ROUND_DOWN and rounded.scaleb(_decimals(currency)) < SMALLEST.get(currency, 0)
    return Decimal(0) if is_too_small else rounded


def _decimals(currency: str) -> int:
    return COUNTED_OTHERWISE.get(currency, DECIMALS[currency])


def _step(currency: str) -> int:
    """Return the smallest number of minor units: Stripe wants 0 as the last digit of three-decimal currencies."""
    if currency in ("ISK", "UGX"):
        return 100
    return 10 if DECIMALS[currency] == 3 else 1
