"""Cache headers: responses must not be stored unless they allow it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from config.web.middleware import CacheControlMiddleware
from foundation.api.views import PUBLIC_SECONDS
from subscriptions.models import Plan
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PUBLIC = {"api_plans", "api_plan"}
VALUES = {"token": "x", "object_id": "1", "app_label": "auth", "url": "nothing", "content_type_id": "1"}
"""Arguments of routes; all others are numbers."""


def routes(patterns: Any = None, namespace: str = "") -> Iterator[str]:
    """Yield every route name, as `reverse` expects it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace or ""]))
            yield from routes(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name


def address(name: str) -> str:
    route = get_resolver()
    *namespaces, last = name.split(":")
    for namespace in namespaces:
        route = route.namespace_dict[namespace][1]
    (_, arguments), *_ = route.reverse_dict.getlist(last)[0][0]
    numbers = dict.fromkeys(arguments, 1)
    return reverse(name, kwargs=numbers | {key: value for key, value in VALUES.items() if key in arguments})


@pytest.fixture(params=["anonymous", "subscriber", "superuser"])
def client(request: pytest.FixtureRequest) -> Client:
    users: dict[str, Any] = {
        "subscriber": make_user,
        "superuser": lambda: User.objects.create_superuser("root"),
    }
    client = sign_in(users[request.param]()) if request.param in users else Client()
    client.raise_request_exception = False
    return client


def test_answers_for_one_visitor_are_kept_by_nobody(client: Client) -> None:
    make_plan(pk=1)
    names = set(routes())
    for name in ("plans", "login", "admin:dashboard", "admin:index", "api_docs", "api_renew", "unsubscribe", "favicon"):
        assert name in names
    for name in [*sorted(names - PUBLIC - {"logout", "admin:logout"}), "admin:logout", "logout"]:
        for method in (client.get, client.post):
            answer = method(address(name))
            kept = answer["Cache-Control"]
            assert "no-store" in kept, name
            assert "private" in kept, name


@pytest.mark.parametrize("path", ["/no-such-page/", "/api/no-such", "/api/v1/plans/99", "/api/v1/plans?page_size=0"])
def test_errors_are_kept_by_nobody(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("error", [BadRequest, PermissionDenied, ZeroDivisionError])
def test_errors_of_a_view_are_kept_by_nobody(error: type[Exception], client: Client, monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> HttpResponse:
        raise error

    monkeypatch.setattr("django.template.response.SimpleTemplateResponse.render", fail)
    answer = client.get("/api/")
    assert answer.status_code in {400, 403, 500}
    assert answer["Cache-Control"] == "private, no-store"


def test_wrong_host_is_kept_by_nobody() -> None:
    answer = Client(headers={"Host": "evil.example.net"}).get("/")
    assert (answer.status_code, answer["Cache-Control"]) == (400, "private, no-store")


def test_form_without_token_is_kept_by_nobody() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("login"))
    assert answer.status_code == 403
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def test_static_file_keeps_its_own_word() -> None:
    answer = Client().get("/static/config/openapi.json")
    assert b"".join(answer).startswith(b"{")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "max-age=60, public")


def test_answer_that_says_otherwise_is_left_alone() -> None:
    response = HttpResponse(headers={"Cache-Control": "max-age=5"})
    assert CacheControlMiddleware(lambda _: response)(HttpRequest())["Cache-Control"] == "max-age=5"


@pytest.fixture(params=["/api/v1/plans", "/api/v1/plans/1"])
def public(request: pytest.FixtureRequest) -> str:
    make_plan(pk=1)
    return str(request.param)


def test_plans_may_be_kept_for_a_while_by_all(public: str, client: Client) -> None:
    answer = client.get(public)
    assert answer["Cache-Control"] == f"public, max-age={PUBLIC_SECONDS}"
    assert {"Accept-Language", "Authorization", "Cookie"} <= set(answer["Vary"].split(", "))
    assert not answer.cookies


def test_plans_that_have_not_changed_are_not_sent_again(public: str, client: Client) -> None:
    first = client.get(public)
    again = client.get(public, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert {name: again[name] for name in ("Cache-Control", "Vary")} == {
        name: first[name] for name in ("Cache-Control", "Vary")
    }

    Plan.objects.update(price=99)
    changed = client.get(public, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, "99" in changed.content.decode()) == (200, True)
    assert changed["ETag"] != first["ETag"]
