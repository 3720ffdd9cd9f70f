"""Condition of an amount that somebody can pay: no fraction of its currency's minor unit."""

from django.db.models import Q
from django.db.models.functions import Round

from foundation import money


def two_decimals(column: str) -> Q:
    """Return the condition that the amount has at most two decimals."""
    return Q(**{column: Round(column, 2)})


def three_decimals(column: str) -> Q:
    """Return the condition that the amount has at most three decimals, and a currency that has them."""
    return Q(**{"currency__in": money.WITH_THREE_DECIMALS, column: Round(column, 3)})


def in_minor_units(column: str) -> Q:
    """Return the condition that the amount in `column` has no fraction of the minor unit of `currency`."""
    whole = Q(**{column: Round(column, 0)})
    return whole | ~Q(currency__in=money.WITHOUT_DECIMALS) & two_decimals(column) | three_decimals(column)
