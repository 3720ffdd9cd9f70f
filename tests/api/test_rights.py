"""Permissions of every endpoint for every kind of client."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import site
from django.db import transaction
from django.test import RequestFactory
from django.urls import resolve

from config.api.urls import urlpatterns
from config.web import admin_urls  # noqa: F401 - registers every page
from foundation.api.scopes import all_scopes
from payments.orders import open_first
from payments.recording import MoneyReceived, record_payment
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.api.callers import OPERATORS, Caller, assert_problem, service_token
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff

pytestmark = pytest.mark.django_db

PLAN = {"name": "Yearly", "price": "99.00", "duration_months": 12}
SCOPES = {
    ("GET", "api_subscriptions"): "subscriptions:read",
    ("POST", "api_subscriptions"): "subscriptions:write",
    ("GET", "api_subscription"): "subscriptions:read",
    ("PATCH", "api_subscription"): "subscriptions:write",
    ("POST", "api_cancel"): "subscriptions:write",
    ("POST", "api_reactivate"): "subscriptions:write",
    ("POST", "api_renew"): "subscriptions:write",
    ("POST", "api_give_days"): "subscriptions:write",
    ("POST", "api_change_plan"): "subscriptions:write",
    ("GET", "api_orders"): "payments:read",
    ("POST", "api_orders"): "payments:write",
    ("GET", "api_order"): "payments:read",
    ("GET", "api_payments"): "payments:read",
    ("GET", "api_payment"): "payments:read",
    ("POST", "api_refund"): "payments:write",
    ("GET", "api_access"): "users:read",
    ("GET", "api_user"): "users:read",
    ("PATCH", "api_user"): "users:write",
    ("GET", "api_events"): "events:read",
    ("GET", "api_notifications"): "notifications:read",
    ("GET", "api_notification_preferences"): "notifications:read",
    ("PUT", "api_notification_preferences"): "notifications:write",
    ("POST", "api_plans"): "plans:write",
    ("GET", "api_managed_plans"): "plans:write",
    ("PATCH", "api_plan"): "plans:write",
    ("DELETE", "api_plan"): "plans:write",
}
"""Scope of each operation that needs one."""
OPEN = {("GET", "api_plans"), ("GET", "api_plan"), ("GET", "api_me")}
"""Operations that need none."""
CALLERS = ["anonymous", "stranger", "owner", "newcomer", "staff", "service"]
#  method, path below /api/v1/, body                      anonymous stranger owner newcomer staff service
MATRIX = [
    ("GET", "plans", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "plans/all", None, (401, 403, 403, 403, 403, 403)),
    ("GET", "plans/{plan}", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "subscriptions", None, (401, 200, 200, 200, 200, 200)),
    ("POST", "subscriptions", {"plan": "{plan}"}, (401, 201, 409, 201, 201, 201)),
    ("GET", "subscriptions/{paid}", None, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/cancel", {}, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/cancel", {"when": "now"}, (401, 404, 403, 404, 200, 404)),
    ("POST", "subscriptions/{cancelled}/reactivate", {}, (401, 404, 200, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/renew", {}, (401, 404, 403, 404, 200, 200)),
    ("POST", "subscriptions/{free}/renew", {}, (401, 404, 200, 404, 200, 200)),
    ("POST", "subscriptions/{paid}/change-plan", {"plan": "{plan}"}, (401, 404, 409, 404, 409, 404)),  # the plan it has
    ("POST", "subscriptions/{paid}/change-plan", {"plan": "{plan}", "when": "now"}, (401, 404, 403, 404, 409, 404)),
    ("POST", "subscriptions", {"plan": "{plan}", "user": "{owner}"}, (401, 403, 409, 403, 403, 403)),
    ("PATCH", "subscriptions/{paid}", {"external_id": "x"}, (401, 404, 403, 404, 200, 404)),
    ("POST", "subscriptions/{paid}/days", {"days": 1}, (401, 404, 403, 404, 200, 200)),
    ("GET", "subscriptions?user=all", None, (401, 403, 403, 403, 200, 403)),
    ("GET", "users/{owner}/access", None, (401, 404, 200, 404, 200, 404)),
    ("GET", "users/{owner}", None, (401, 404, 200, 404, 200, 404)),
    ("PATCH", "users/{owner}", {"external_user_id": "x"}, (401, 403, 403, 403, 403, 403)),
    ("GET", "orders", None, (401, 200, 200, 200, 200, 200)),
    ("GET", "orders?user=all", None, (401, 403, 403, 403, 403, 403)),
    ("GET", "orders/{order}", None, (401, 404, 200, 404, 404, 404)),
    # Payments are off: tests/payments/api has who may order where they are on.
    ("POST", "orders", {"plan": "{plan}"}, (401, 409, 409, 409, 409, 409)),
    ("POST", "orders", {"subscription": "{paid}"}, (401, 404, 409, 404, 403, 404)),
    ("GET", "payments", None, (401, 200, 200, 200, 200, 200)),
    ("GET", "payments?user=all", None, (401, 403, 403, 403, 403, 403)),
    ("GET", "payments/{payment}", None, (401, 404, 200, 404, 404, 404)),
    ("POST", "payments/{payment}/refund", {"reason": "x"}, (401, 404, 403, 404, 404, 404)),
    ("GET", "me", None, (401, 200, 200, 200, 200, 200)),
    ("GET", "events", None, (401, 403, 403, 403, 403, 403)),
    ("GET", "notifications", None, (401, 200, 200, 200, 200, 200)),
    ("GET", "notification-preferences", None, (401, 200, 200, 200, 200, 200)),
    ("PUT", "notification-preferences", {"reminders": False}, (401, 200, 200, 200, 200, 200)),
    ("GET", "nothing/here", None, (404, 404, 404, 404, 404, 404)),
    ("POST", "plans", PLAN, (401, 403, 403, 403, 403, 403)),
    ("PATCH", "plans/{plan}", {"name": "x"}, (401, 403, 403, 403, 403, 403)),
    ("DELETE", "plans/{plan}", None, (401, 403, 403, 403, 403, 403)),
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
    order = open_first(owner.user, make_plan(), now, UNSEEN)
    transfer = MoneyReceived("manual", "t-1", order.amount, order.currency, now)
    return {
        "plan": paid.plan_id,
        "paid": paid.pk,
        "cancelled": cancelled.pk,
        "free": free.pk,
        "owner": owner.user.pk,
        "order": order.pk,
        "payment": record_payment(order, transfer, now=now).pk,
    }


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
    address, filled = path.format(**names), _filled(body, names)
    response = who.ask(method, address, filled)
    if status < 400:
        assert response.status_code == status
    else:
        assert_problem(response, status)
        assert list(Subscription.objects.order_by("pk").values()) == before


def _filled(body: dict[str, Any] | None, names: dict[str, int]) -> dict[str, Any] | None:
    """Return the body with the values of its placeholders."""
    return body and {name: names.get(str(value).strip("{}"), value) for name, value in body.items()}


def operations() -> set[tuple[str, str]]:
    """Return method and URL name of every operation of the API."""
    views = {pattern.name: pattern.callback.cls for pattern in urlpatterns if hasattr(pattern.callback, "cls")}
    return {
        (method.upper(), name)
        for name, view in views.items()
        if name
        for method in set(view.http_method_names) - {"head"}
        if hasattr(view, method)
    }


def operation_of(method: str, path: str) -> tuple[str, str]:
    """Return the operation of a row of the matrix."""
    address = "/api/v1/" + re.sub(r"{\w+}", "1", path).partition("?")[0]
    return method, str(resolve(address).url_name)


def test_every_operation_is_in_the_matrix() -> None:
    """Add a row, and a scope, for an endpoint that is missing here."""
    assert {operation_of(method, path) for method, path, *_ in MATRIX} - {("GET", "None")} == operations()
    assert SCOPES.keys() | OPEN == operations()
    assert set(SCOPES.values()) == {scope.name for scope in all_scopes()}


@pytest.mark.parametrize("scope", sorted(set(SCOPES.values())))
def test_token_reaches_the_operations_of_its_scope(scope: str, names: dict[str, int]) -> None:
    root = Caller(make_user(is_superuser=True)).narrowed(scope)
    reached, refused = set(), set()
    for method, path, body, _statuses in MATRIX:
        if operation_of(method, path) not in SCOPES:
            continue
        sid = transaction.savepoint()
        response = root.ask(method, path.format(**names), _filled(body, names))
        transaction.savepoint_rollback(sid)
        if response.status_code == 403:
            assert response.json()["scope"] == SCOPES[operation_of(method, path)]
            refused.add(operation_of(method, path))
        else:
            assert response.status_code in (200, 201, 202, 204, 409), response.content
            reached.add(operation_of(method, path))
    assert reached == {operation for operation, needed in SCOPES.items() if needed == scope}
    assert refused == SCOPES.keys() - reached


def test_permission_to_view_events_opens_them(owner: Caller, names: dict[str, int]) -> None:
    auditor = service_token("view_subscriptionevent")
    assert auditor.get("events").status_code == 200


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
