"""Rights of every kind of client for every operation of the API."""

import json
import re
from pathlib import Path
from typing import Any

from django.urls import resolve

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "config" / "web" / "static" / "config" / "openapi.json"
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
CONDITIONS: dict[tuple[str, str], int | None] = {
    ("If-None-Match", "*"): 304,
    ("If-None-Match", '"another-state"'): None,
    ("If-Match", "*"): None,
    ("If-Match", '"another-state"'): 412,
}
"""Conditions with their status for those who may see the state; None: as without the condition."""
CALLERS = ["anonymous", "stranger", "owner", "newcomer", "staff", "service", "manager"]
#  method, path below /api/v1/, body                      anonymous stranger owner newcomer staff service manager
MATRIX: list[tuple[str, str, dict[str, Any] | None, tuple[int, ...]]] = [
    ("GET", "plans", None, (200, 200, 200, 200, 200, 200, 200)),
    ("GET", "plans/all", None, (401, 403, 403, 403, 403, 403, 200)),
    ("GET", "plans/{plan}", None, (200, 200, 200, 200, 200, 200, 200)),
    ("GET", "subscriptions", None, (401, 200, 200, 200, 200, 200, 200)),
    ("POST", "subscriptions", {"plan": "{plan}"}, (401, 201, 409, 201, 201, 201, 201)),
    ("GET", "subscriptions/{paid}", None, (401, 404, 200, 404, 200, 404, 200)),
    ("POST", "subscriptions/{paid}/cancel", {}, (401, 404, 200, 404, 200, 404, 200)),
    ("POST", "subscriptions/{paid}/cancel", {"when": "now"}, (401, 404, 403, 404, 200, 404, 200)),
    ("POST", "subscriptions/{cancelled}/reactivate", {}, (401, 404, 200, 404, 200, 404, 200)),
    ("POST", "subscriptions/{paid}/renew", {}, (401, 404, 403, 404, 200, 200, 200)),
    ("POST", "subscriptions/{free}/renew", {}, (401, 404, 200, 404, 200, 200, 200)),
    (
        "POST",
        "subscriptions/{paid}/change-plan",
        {"plan": "{plan}"},
        (401, 404, 409, 404, 409, 404, 409),
    ),  # the plan it has
    (
        "POST",
        "subscriptions/{paid}/change-plan",
        {"plan": "{plan}", "when": "now"},
        (401, 404, 403, 404, 409, 404, 409),
    ),
    ("POST", "subscriptions", {"plan": "{plan}", "user": "{owner}"}, (401, 403, 409, 403, 403, 403, 409)),
    ("PATCH", "subscriptions/{paid}", {"external_id": "x"}, (401, 404, 403, 404, 200, 404, 200)),
    ("POST", "subscriptions/{paid}/days", {"days": 1}, (401, 404, 403, 404, 200, 200, 200)),
    ("GET", "subscriptions?user=all", None, (401, 403, 403, 403, 200, 403, 200)),
    ("GET", "users/{owner}/access", None, (401, 404, 200, 404, 200, 404, 200)),
    ("GET", "users/{owner}", None, (401, 404, 200, 404, 200, 404, 200)),
    ("PATCH", "users/{owner}", {"external_user_id": "x"}, (401, 403, 403, 403, 403, 403, 200)),
    ("GET", "orders", None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "orders?user=all", None, (401, 403, 403, 403, 403, 403, 200)),
    ("GET", "orders/{order}", None, (401, 404, 200, 404, 404, 404, 200)),
    # Payments are off: tests/payments/api has who may order where they are on.
    ("POST", "orders", {"plan": "{plan}"}, (401, 409, 409, 409, 409, 409, 409)),
    ("POST", "orders", {"subscription": "{paid}"}, (401, 404, 409, 404, 403, 404, 409)),
    ("GET", "payments", None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "payments?user=all", None, (401, 403, 403, 403, 403, 403, 200)),
    ("GET", "payments/{payment}", None, (401, 404, 200, 404, 404, 404, 200)),
    ("POST", "payments/{payment}/refund", {"reason": "x"}, (401, 404, 403, 404, 404, 404, 202)),
    ("GET", "me", None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "events", None, (401, 403, 403, 403, 403, 403, 200)),
    ("GET", "notifications", None, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "notification-preferences", None, (401, 200, 200, 200, 200, 200, 200)),
    ("PUT", "notification-preferences", {"reminders": False}, (401, 200, 200, 200, 200, 200, 200)),
    ("GET", "nothing/here", None, (404, 404, 404, 404, 404, 404, 404)),
    ("POST", "plans", PLAN, (401, 403, 403, 403, 403, 403, 201)),
    ("PATCH", "plans/{plan}", {"name": "x"}, (401, 403, 403, 403, 403, 403, 200)),
    ("DELETE", "plans/{plan}", None, (401, 403, 403, 403, 403, 403, 409)),
    ("DELETE", "plans/{unused}", None, (401, 403, 403, 403, 403, 403, 204)),
]


def operation_of(method: str, path: str) -> tuple[str, str]:
    """Return the operation of a row of the matrix."""
    address = "/api/v1/" + re.sub(r"{\w+}", "1", path).partition("?")[0]
    return method, str(resolve(address).url_name)


def filled(body: dict[str, Any] | None, names: dict[str, int]) -> dict[str, Any] | None:
    """Return the body with the values of its placeholders."""
    return body and {name: names.get(str(value).strip("{}"), value) for name, value in body.items()}


def documented_headers() -> dict[tuple[str, str], set[str]]:
    """Return every operation of the OpenAPI file with the names of its header parameters."""
    return {
        operation_of(method.upper(), path.removeprefix("/api/v1/")): {
            parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"
        }
        for path, methods in json.loads(DOCUMENT.read_text())["paths"].items()
        for method, operation in methods.items()
    }
