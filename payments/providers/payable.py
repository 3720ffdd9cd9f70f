"""Amounts that the provider can take, where it cannot take every one in the currency's minor unit, or none so small.

Prices are somebody's choice, and one that cannot be taken is refused. Differences and parts of a price are computed, so
they are rounded to what can be moved.
"""

from decimal import Decimal
from typing import Protocol, runtime_checkable

from payments.providers import registry


@runtime_checkable
class CountsCoarsely(Protocol):
    """Provider that takes no step, or no charge, as small as the minor unit of a currency. Others lack the method."""

    def payable(self, amount: Decimal, currency: str, rounding: str) -> Decimal:
        """Return the amount, rounded as `decimal` names it to the smallest step that the provider takes.

        Rounded down, for a charge, it is 0 if the provider charges no amount as small.
        """


def payable(amount: Decimal, currency: str, rounding: str) -> Decimal:
    """Return what the current provider can move of an amount in whole minor units."""
    provider = registry.current()
    return provider.payable(amount, currency, rounding) if isinstance(provider, CountsCoarsely) else amount
