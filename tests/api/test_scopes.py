"""Scopes of tokens: they narrow what the token's user may do, and a missing one is named."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from knox.crypto import hash_token
from knox.models import AuthToken

from accounts.models import TokenDetails, User
from accounts.tokens import LAST_USE_PRECISION, make_token
from foundation.api.scopes import all_scopes, earlier_scopes
from foundation.api.views import PrivateEndpoint
from tests.api.callers import Caller, assert_problem
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

LIST = "/api/v1/subscriptions"


@pytest.fixture
def user() -> User:
    return make_user()


def ask(secret: str, path: str = LIST, *, scheme: str = "Bearer", method: str = "GET", body: Any = None) -> Any:
    """Send a request with this token."""
    headers = {"Authorization": f"{scheme} {secret}"}
    return Client().generic(method, path, body or b"", "application/json", headers=headers)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "TOKEN"])
def test_both_schemes_carry_a_token(scheme: str, user: User) -> None:
    assert ask(make_token(user, 1)[1], scheme=scheme).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_challenge_names_the_scheme_that_was_sent(scheme: str) -> None:
    response = ask("unknown", scheme=scheme)
    assert_problem(response, 401)
    assert response["WWW-Authenticate"] == scheme


def test_missing_scope_is_named(user: User) -> None:
    secret = make_token(user, 1, scopes=["subscriptions:read"])[1]
    assert ask(secret).status_code == 200
    assert ask(secret, method="HEAD").status_code == 200
    body = assert_problem(ask(secret, method="POST", body=b'{"plan": 1}'), 403)
    assert body["type"] == "urn:subscriptions:problem:missing-scope"
    assert body["scope"] == "subscriptions:write"
    assert "subscriptions:write" in body["detail"]


def test_missing_scope_does_not_tell_what_exists(user: User, owner: Caller) -> None:
    made = owner.post("subscriptions", {"plan": make_plan().pk}).json()["id"]
    secret = make_token(user, 1, scopes=["notifications:read"])[1]
    told = [ask(secret, f"{LIST}/{key}").json() for key in (made, made + 1)]
    assert told[0] == told[1]
    assert told[0]["status"] == 403


def test_method_that_is_not_there_is_405_whatever_the_scopes(user: User) -> None:
    secret = make_token(user, 1, scopes=["notifications:read"])[1]
    assert_problem(ask(secret, method="DELETE"), 405)


def test_scope_grants_nothing(user: User, owner: Caller) -> None:
    made = owner.post("subscriptions", {"plan": make_plan().pk}).json()["id"]
    secret = make_token(user, 1, scopes=[scope.name for scope in all_scopes()])[1]
    assert_problem(ask(secret, f"{LIST}/{made}"), 404)
    assert_problem(ask(secret, f"{LIST}/{made}/cancel", method="POST", body=b"{}"), 404)


def test_token_from_before_scopes_does_what_it_did(user: User) -> None:
    _row, secret = AuthToken.objects.create(user)
    assert ask(secret).status_code == 200
    assert ask(secret, "/api/v1/notification-preferences").status_code == 200
    assert earlier_scopes() == [
        "subscriptions:read",
        "subscriptions:write",
        "notifications:read",
        "notifications:write",
    ]
    assert TokenDetails.objects.get().scopes is None


def test_endpoint_without_a_scope_is_closed_to_tokens_with_scopes(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrivateEndpoint, "scope_of", lambda endpoint, method: None)
    assert_problem(ask(make_token(user, 1, scopes=["subscriptions:read"])[1]), 403)
    assert ask(AuthToken.objects.create(user)[1]).status_code == 200


def test_release_before_does_not_find_a_token_with_scopes(user: User) -> None:
    """That release knows no scopes, and would let the token do everything."""
    _row, secret = make_token(user, 1, scopes=["subscriptions:read"])
    assert not AuthToken.objects.filter(digest=hash_token(secret)).exists()


def test_release_before_deletes_a_token_without_knowing_its_details(user: User) -> None:
    make_token(user, 1, scopes=[])
    AuthToken.objects.all()._raw_delete("default")
    assert TokenDetails.objects.count() == 1


def test_last_use_is_written_once_a_minute(user: User, django_assert_num_queries: Any) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        secret = make_token(user, 1, scopes=["subscriptions:read"])[1]
        assert TokenDetails.objects.get().last_used_at is None
        ask(secret)
        assert TokenDetails.objects.get().last_used_at == NOW
        clock.shift(LAST_USE_PRECISION - timedelta(seconds=1))
        with django_assert_num_queries(2):
            ask(secret)
        assert TokenDetails.objects.get().last_used_at == NOW
        clock.shift(1)
        with django_assert_num_queries(3):
            ask(secret)
        assert TokenDetails.objects.get().last_used_at == NOW + LAST_USE_PRECISION


def test_refused_token_has_no_last_use(user: User) -> None:
    with time_machine.travel(NOW - timedelta(days=3)):
        secret = make_token(user, 1)[1]
    with time_machine.travel(NOW):
        assert_problem(ask(secret), 401)
    assert TokenDetails.objects.get().last_used_at is None


def test_session_needs_no_scope(owner: Caller) -> None:
    browser = Client()
    browser.force_login(owner.user)
    assert browser.get(LIST).status_code == 200
