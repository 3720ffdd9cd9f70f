"""Permissions of every endpoint for every kind of client."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.admin import site
from django.db import transaction
from django.test import RequestFactory

from config.api.urls import urlpatterns
from config.web import admin_urls  # noqa: F401 - registers every page
from foundation.api.scopes import all_scopes
from subscriptions.models import Subscription
from tests.api.callers import OPERATORS, Caller, assert_problem, service_token
from tests.api.rights import CALLERS, CONDITIONS, MATRIX, OPEN, SCOPES, documented_headers, filled, operation_of
from tests.support.factories import make_user
from tests.support.staff import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.slow]

MOVES: dict[str, tuple[str, str, dict[str, str]]] = {
    "cancel": ("paid", "cancel", {}),
    "cancel_now": ("paid", "cancel", {"when": "now"}),
    "reactivate": ("cancelled", "reactivate", {}),
    "renew": ("paid", "renew", {}),
}
"""Admin actions with the equivalent API request: subscription, path, body."""


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is written within: to set the site up anew takes five times as long as a request."""
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


@pytest.mark.parametrize("caller", CALLERS)
def test_each_is_told_what_is_their_right(
    caller: str, names: dict[str, int], request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    who: Caller = request.getfixturevalue(caller)
    before = list(Subscription.objects.order_by("pk").values())
    for method, path, body, statuses in MATRIX:
        status = statuses[CALLERS.index(caller)]
        with subtests.test(method=method, path=path, body=body), undone():
            response = who.ask(method, path.format(**names), filled(body, names))
            if status < 400:
                assert response.status_code == status
            else:
                assert_problem(response, status)
                assert list(Subscription.objects.order_by("pk").values()) == before


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


def test_every_operation_is_in_the_matrix() -> None:
    """Add a row, and a scope, for an endpoint that is missing here."""
    assert {operation_of(method, path) for method, path, *_ in MATRIX} - {("GET", "None")} == operations()
    assert documented_headers().keys() == SCOPES.keys() | OPEN == operations()
    assert set(SCOPES.values()) == {scope.name for scope in all_scopes()}


@pytest.mark.parametrize("scope", sorted(set(SCOPES.values())))
@pytest.mark.parametrize("condition", [{}, *({header: value} for header, value in CONDITIONS)])
def test_token_reaches_the_operations_of_its_scope(
    scope: str, condition: dict[str, str], names: dict[str, int]
) -> None:
    root = Caller(make_user(is_superuser=True)).narrowed(scope).stating(**condition)
    reached, refused = set(), set()
    for method, path, body, _statuses in MATRIX:
        if operation_of(method, path) not in SCOPES:
            continue
        with undone():
            response = root.ask(method, path.format(**names), filled(body, names))
        if response.status_code == 403:
            assert response.json()["scope"] == SCOPES[operation_of(method, path)]
            refused.add(operation_of(method, path))
        else:
            assert response.status_code in (200, 201, 202, 204, 304, 409, 412), response.content
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
