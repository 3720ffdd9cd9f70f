"""Plans for services that may change them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from subscriptions.models import Plan
from tests.api.callers import Caller, assert_problem
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def crm() -> Caller:
    """Return the client of a service account that may do anything with plans."""
    caller = Caller(make_user(username="crm"))
    caller.user.user_permissions.set(Permission.objects.filter(content_type__model="plan"))
    return caller


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def ids(response: Any) -> list[int]:
    """Return the ids on the page."""
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_plan_says_what_it_includes_and_saves(crm: Caller, anonymous: Caller) -> None:
    monthly = crm.post("plans", {"name": "Monthly", "price": "10.00", "duration_months": 1}).json()
    assert (monthly["description"], monthly["includes"], monthly["saving_percent"]) == ("", [], None)
    wish = {"name": "Yearly", "price": "90.00", "duration_months": 12}
    wish |= {"description": "All of it", "includes": ["A", "B"]}
    yearly = crm.post("plans", wish | {"compared_with": monthly["id"]}).json()
    offered = anonymous.get(f"plans/{yearly['id']}").json()
    assert [offered[name] for name in ("description", "includes", "compared_with", "saving_percent")] == [
        "All of it", ["A", "B"], monthly["id"], 25,
    ]  # fmt: skip
    assert anonymous.get("plans").json()["results"][1] == offered
    changed = crm.patch(f"plans/{yearly['id']}", {"compared_with": None, "includes": []}).json()
    assert (changed["compared_with"], changed["saving_percent"], changed["includes"]) == (None, None, [])


def test_plan_is_not_compared_with_itself(crm: Caller, plan: Plan) -> None:
    refused = crm.patch(f"plans/{plan.pk}", {"compared_with": plan.pk})
    assert_problem(refused, 400)
    assert [error["field"] for error in refused.json()["errors"]] == ["compared_with"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"description": "x" * 301}, "description"),
        ({"includes": "A"}, "includes"),
        ({"includes": ["A\nB"]}, "includes"),
        ({"includes": [""]}, "includes"),
        ({"includes": [7]}, "includes"),
        ({"includes": ["x" * 1_000, "y" * 1_000]}, "includes"),
        ({"compared_with": 2**62}, "compared_with"),
        ({"compared_with": "1"}, "compared_with"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_description_that_the_admin_would_refuse_is_400(wish: dict[str, Any], field: str, crm: Caller) -> None:
    body = assert_problem(crm.post("plans", {"name": "Plan", "price": "1", "duration_days": 30} | wish), 400)
    assert field in [error["field"].partition(".")[0] for error in body["errors"]]
    assert not Plan.objects.exists()


def test_plan_is_created_once_per_key(crm: Caller) -> None:
    wish = {"name": "Yearly", "price": "99.00", "duration_months": 12}
    first, again = (crm.post("plans", wish, key="k") for _ in range(2))
    assert (first.status_code, first.json(), first["Location"]) == (201, again.json(), again["Location"])
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert_problem(crm.post("plans", wish | {"name": "Other"}, key="k"), 422)
    assert_problem(crm.post("plans", wish | {"currency": "XXX"}, key="other"), 400)
    assert crm.post("plans", wish, key="other").status_code == 201
    assert Plan.objects.count() == 2


def test_plans_off_sale_are_listed_for_whoever_may_view_them(crm: Caller, owner: Caller, plan: Plan) -> None:
    off = make_plan(on_sale=False, price=1)
    assert ids(crm.get("plans/all")) == [off.pk, plan.pk]
    assert ids(crm.get("plans/all", {"on_sale": "false"})) == [off.pk]
    assert ids(crm.get("plans/all", {"on_sale": "true"})) == [plan.pk]
    assert_problem(crm.get("plans/all", {"on_sale": "no"}), 400)
    assert_problem(crm.narrowed("subscriptions:read").get("plans/all"), 403)
    assert assert_problem(owner.get("plans/all"), 403)["permission"] == "subscriptions.view_plan"
