"""Permissions of every endpoint for every kind of client."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory

from config.web import admin_urls  # noqa: F401 - registers every page
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import OPERATORS, Caller, assert_problem, service_token
from tests.support.factories import make_plan
from tests.support.staff import make_staff

pytestmark = pytest.mark.django_db

CALLERS = ["anonymous", "stranger", "owner", "newcomer", "staff", "service"]
#  method, path below /api/v1/, body                      anonymous stranger owner newcomer staff service
MATRIX = [
    ("GET", "plans", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "plans/{plan}", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "subscriptions", None, (401, 200, 200, 200, 200, 200)),
    ("POST", "subscriptions", {"plan": "{plan}"}, (401, 201, 409, 201, 201, 201)),
    ("GET", "subscriptions/{paid}", None, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/cancel", {}, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/cancel", {"when": "now"}, (401, 404, 403, 404, 200, 404)),
    ("POST", "subscriptions/{cancelled}/reactivate", {}, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/renew", {}, (401, 404, 403, 404, 200, 200)),
    ("POST", "subscriptions/{free}/renew", {}, (401, 404, 200, 404, 200, 200)),
    ("GET", "notifications", None, (401, 200, 200, 200, 200, 200)),
    ("GET", "notification-preferences", None, (401, 200, 200, 200, 200, 200)),
    ("PUT", "notification-preferences", {"reminders": False}, (401, 200, 200, 200, 200, 200)),
    ("GET", "nothing/here", None, (404, 404, 404, 404, 404, 404)),
    ("POST", "plans", {}, (405, 405, 405, 405, 405, 405)),
]

MOVES: dict[str, tuple[str, str, dict[str, str]]] = {
    "cancel": ("paid", "cancel", {}),
    "cancel_now": ("paid", "cancel", {"when": "now"}),
    "reactivate": ("cancelled", "reactivate", {}),
    "renew": ("paid", "renew", {}),
}
"""Admin actions with the equivalent API request: subscription, path, body."""

CELLS = [
    pytest.param(method, path, body, caller, status, id=f"{method} {path} {body or ''} by {caller}")
    for method, path, body, statuses in MATRIX
    for caller, status in zip(CALLERS, statuses, strict=True)
]


@pytest.fixture
def names(owner: Caller) -> dict[str, int]:
    """Return values for the placeholders in paths; all belong to the owner."""
    now = datetime.now(UTC)
    paid, cancelled, free = (
        Service.create_subscription(owner.user, make_plan(price=Decimal(price)), now=now) for price in (9, 9, 0)
    )
    Service.cancel_subscription(cancelled, now=now)
    return {"plan": paid.plan_id, "paid": paid.pk, "cancelled": cancelled.pk, "free": free.pk}


@pytest.mark.parametrize(("method", "path", "body", "caller", "status"), CELLS)
def test_each_is_told_what_is_their_right(
    method: str,
    path: str,
    body: dict[str, Any] | None,
    caller: str,
    status: int,
    names: dict[str, int],
    request: pytest.FixtureRequest,
) -> None:
    who: Caller = request.getfixturevalue(caller)
    before = list(Subscription.objects.order_by("pk").values())
    address = path.format(**names)
    filled = body and {name: names["plan"] if value == "{plan}" else value for name, value in body.items()}
    response = who.ask(method, address, filled)
    if status < 400:
        assert response.status_code == status
    else:
        assert_problem(response, status)
        assert list(Subscription.objects.order_by("pk").values()) == before


def test_permission_to_view_shows_anybodys(names: dict[str, int]) -> None:
    auditor = service_token("view_subscription")
    assert auditor.get(f"subscriptions/{names['paid']}").status_code == 200
    assert_problem(auditor.post(f"subscriptions/{names['paid']}/cancel"), 403)


@pytest.mark.parametrize("permission", OPERATORS)
@pytest.mark.parametrize("move", MOVES)
def test_staff_may_do_what_the_admin_offers_them(
    move: str, permission: str, names: dict[str, int], rf: RequestFactory
) -> None:
    clerk = Caller(make_staff("subscriptions.view_subscription", f"subscriptions.{permission}"))
    page = rf.get("/")
    page.user = clerk.user
    offered = move in site.get_model_admin(Subscription).get_actions(page)
    key, address, body = MOVES[move]
    response = clerk.post(f"subscriptions/{names[key]}/{address}", body)
    assert response.status_code == (200 if offered else 403)


def test_permission_to_cancel_now_reaches_anybodys(names: dict[str, int]) -> None:
    guard = service_token("cancel_subscription_now")
    assert guard.post(f"subscriptions/{names['paid']}/cancel", {"when": "now"}).status_code == 200
    assert_problem(guard.post(f"subscriptions/{names['free']}/cancel"), 404)
