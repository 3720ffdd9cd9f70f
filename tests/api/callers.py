"""API clients with or without a token."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.tokens import LONGEST_LIFETIME_DAYS, make_token
from foundation.api.scopes import all_scopes
from tests.support.factories import make_user

API = "/api/v1/"
OPERATORS = (
    "view_subscription",
    "change_subscription",
    "cancel_subscription_now",
    "renew_subscription",
    "change_plan_at_once",
)
"""Permissions that the admin requires."""
EXTENSIONS = {
    "urn:subscriptions:problem:already-subscribed": {"subscription"},
    "urn:subscriptions:problem:missing-permission": {"permission"},
    "urn:subscriptions:problem:missing-scope": {"scope"},
    "urn:subscriptions:problem:payment-required": {"order", "pay_url"},
    "urn:subscriptions:problem:renewal-too-early": {"possible_from"},
    "urn:subscriptions:problem:change-too-early": {"possible_from"},
}
"""Members of each problem type beyond those of RFC 9457."""


class Caller:
    """Client that sends JSON. `user` is None for an anonymous one."""

    def __init__(self, user: User | None) -> None:
        self._user = user
        self._client = Client()
        self._headers = _with_token(user, [scope.name for scope in all_scopes()]) if user else {}

    def narrowed(self, *scopes: str) -> "Caller":
        """Return a client of the same user whose token has only these scopes."""
        other = Caller(None)
        other._user, other._headers = self._user, _with_token(self.user, scopes)
        return other

    @property
    def user(self) -> User:
        assert self._user
        return self._user

    def stating(self, **headers: str) -> "Caller":
        """Return a client of the same user whose requests have these headers, with `_` for `-`."""
        other = Caller(None)
        other._user = self._user
        other._headers = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return other

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """GET a path below /api/v1/, or an absolute one."""
        return self._client.get(_absolute(path), query, headers=self._headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """POST a value as JSON, with an optional Idempotency-Key."""
        keyed = {"Idempotency-Key": key} if key is not None else {}
        return self._client.post(
            _absolute(path), {} if body is None else body, "application/json", headers=self._headers | keyed
        )

    def put(self, path: str, body: Any) -> Any:
        """PUT a value as JSON."""
        return self._client.put(_absolute(path), body, "application/json", headers=self._headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH with a value as JSON."""
        return self._client.patch(_absolute(path), body, "application/json", headers=self._headers)

    def delete(self, path: str) -> Any:
        return self._client.delete(_absolute(path), headers=self._headers)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request with an optional JSON body."""
        match method:
            case "GET":
                return self.get(path)
            case "PUT":
                return self.put(path, body)
            case "PATCH":
                return self.patch(path, body)
            case "DELETE":
                return self.delete(path)
        return self.post(path, body)

    def post_raw(self, path: str, body: bytes, content_type: str = "application/json") -> Any:
        """POST exactly these bytes."""
        return self._client.generic("POST", _absolute(path), body, content_type, headers=self._headers)


def _with_token(user: User, scopes: Collection[str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(user, LONGEST_LIFETIME_DAYS, scopes=scopes)[1]}"}


def service_token(*permissions: str) -> Caller:
    """Return a client for a program with these permissions."""
    user = make_user(username="payments")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return Caller(user)


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    """Check that this is a problem with that status in the documented shape, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    extensions = EXTENSIONS.get(body["type"], set())
    assert set(body) - {"errors"} == {"type", "title", "status", "detail"} | extensions
    assert body["status"] == status
    assert body["detail"]
    return body


def _absolute(path: str) -> str:
    return path if path.startswith(("/", "http")) else API + path
