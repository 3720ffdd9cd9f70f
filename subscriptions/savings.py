"""Saving of a longer plan against the one that it is compared with."""

from dataclasses import dataclass
from decimal import Decimal

from subscriptions.models import Plan

PERCENT = 100


@dataclass(frozen=True)
class Saving:
    """Whole percent by which a plan costs less per time than `other`."""

    percent: int
    other: Plan


def saving_of(plan: Plan) -> Saving | None:
    """Return the saving, rounded down; None without a plan to compare with, or where nothing is saved.

    Only prices in one currency for lengths in one unit, months or days, are compared.
    """
    other = plan.compared_with
    if other is None or not other.on_sale or other.currency != plan.currency or not other.price:
        return None
    length, other_length = _lengths(plan, other)
    if not length or not other_length:
        return None
    ratio = (plan.price * other_length) / (other.price * length)
    percent = int((1 - ratio) * PERCENT) if ratio < 1 else 0
    return Saving(percent, other) if percent else None


def _lengths(plan: Plan, other: Plan) -> tuple[Decimal, Decimal]:
    if bool(plan.duration_months) != bool(other.duration_months):
        return Decimal(0), Decimal(0)
    if plan.duration_months:
        return Decimal(plan.duration_months), Decimal(other.duration_months)
    return Decimal(plan.duration_days), Decimal(other.duration_days)
