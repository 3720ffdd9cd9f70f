"""Public plans."""

from decimal import Decimal

import pytest

from tests.api.callers import Caller, assert_problem
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db


def test_only_what_is_on_sale_is_listed_the_cheapest_first(anonymous: Caller) -> None:
    dear, cheap = make_plan(price=Decimal(99)), make_plan(price=Decimal(5))
    make_plan(on_sale=False)
    same_price = make_plan(price=Decimal(5))
    response = anonymous.get("plans")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert [plan["id"] for plan in response.json()["results"]] == [cheap.pk, same_price.pk, dear.pk]


def test_plan_says_price_and_length(anonymous: Caller) -> None:
    plan = make_plan(name="Monthly", price=Decimal("9.90"), duration_days=30)
    assert anonymous.get(f"plans/{plan.pk}").json() == {
        "id": plan.pk,
        "name": "Monthly",
        "price": "9.90",
        "currency": "EUR",
        "duration_days": 30,
        "duration_months": 0,
        "trial_days": 0,
        "grace_days": 7,
        "description": "",
        "includes": [],
        "compared_with": None,
        "saving_percent": None,
    }


def test_plan_that_is_not_on_sale_is_404(anonymous: Caller) -> None:
    assert_problem(anonymous.get(f"plans/{make_plan(on_sale=False).pk}"), 404)


def test_many_plans_of_one_price_come_page_by_page_each_once(anonymous: Caller) -> None:
    made = [make_plan().pk for _ in range(7)]
    seen, address = [], "plans?page_size=3"
    while address:
        page = anonymous.get(address).json()
        seen += [plan["id"] for plan in page["results"]]
        address = page["next"]
    assert seen == made
