"""Saving of a longer plan against the one that it is compared with."""

from decimal import Decimal
from typing import Any

import pytest

from subscriptions.models import Plan
from subscriptions.savings import saving_of

MONTHLY: dict[str, Any] = {"name": "Monthly", "price": Decimal("10.00"), "currency": "EUR", "duration_months": 1}
YEARLY: dict[str, Any] = {"name": "Yearly", "price": Decimal("99.00"), "currency": "EUR", "duration_months": 12}


def percent(longer: dict[str, Any], shorter: dict[str, Any] | None) -> int | None:
    other = Plan(**MONTHLY | shorter) if shorter is not None else None
    saving = saving_of(Plan(**YEARLY | longer, compared_with=other))
    return saving.percent if saving else None


def test_saving_is_rounded_down() -> None:
    assert percent({}, {}) == 17  # 99 instead of 120
    assert percent({"price": Decimal("100.01")}, {}) == 16


def test_plans_by_days_are_compared_by_days() -> None:
    days = {"duration_months": 0, "duration_days": 90}
    assert percent(days | {"price": Decimal(15)}, {"duration_months": 0, "duration_days": 30}) == 50


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ({}, None),
        ({"price": Decimal(120)}, {}),
        ({"price": Decimal(119)}, {}),
        ({"price": Decimal(240)}, {}),
        ({}, {"price": Decimal(0)}),
        ({}, {"currency": "CHF"}),
        ({}, {"on_sale": False}),
        ({}, {"duration_months": 0, "duration_days": 30}),
    ],
    ids=str,
)
def test_nothing_is_said_where_nothing_is_saved_or_comparable(
    longer: dict[str, Any], shorter: dict[str, Any] | None
) -> None:
    assert percent(longer, shorter) is None
