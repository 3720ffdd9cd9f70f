"""Authentication by token and by session."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from knox.models import AuthToken

from subscriptions.models import Subscription
from tests.api.callers import Caller, assert_problem
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

LIST = "/api/v1/subscriptions"


def get(authorization: str) -> Any:
    """Request the list with this header."""
    return Client().get(LIST, headers={"Authorization": authorization})


def created(*arguments: str) -> str:
    """Return the output of the command."""
    printed = io.StringIO()
    call_command("create_api_token", *arguments, stdout=printed)
    return printed.getvalue().strip()


def test_command_refuses_an_account_that_is_not_active() -> None:
    make_user(username="ada", is_active=False)
    with pytest.raises(CommandError, match="is not active"):
        created("ada")
    assert not AuthToken.objects.exists()


def test_command_prints_a_token_that_works_and_is_not_in_the_database() -> None:
    user = make_user(username="ada")
    token = created("ada")
    assert get(f"Token {token}").status_code == 200
    stored = AuthToken.objects.get(user=user)
    assert token not in (stored.digest, stored.token_key)


def test_token_ends_with_its_last_day() -> None:
    make_user(username="ada")
    with time_machine.travel(NOW, tick=False):
        token = created("ada", "--expires-days", "2")
    with time_machine.travel(NOW + timedelta(days=2, seconds=-1), tick=False):
        assert get(f"Token {token}").status_code == 200
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        assert_problem(get(f"Token {token}"), 401)


@pytest.mark.parametrize(
    "arguments", [("nobody",), ("ada", "--expires-days", "0"), ("ada", "--expires-days", "9999999")]
)
def test_command_refuses_what_makes_no_sense(arguments: tuple[str, ...]) -> None:
    make_user(username="ada")
    with pytest.raises(CommandError):
        created(*arguments)
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize(
    "authorization",
    ["Token", "Token x", "Token a b", "Token " + "0" * 64, "Token \x00", "Token ü\x80", "Token " + "f" * 5000],
)
def test_wrong_token_is_401_and_says_how_to_sign_in(authorization: str) -> None:
    response = get(authorization)
    assert_problem(response, 401)
    assert response["WWW-Authenticate"] == "Token"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer x"])
def test_other_credentials_are_none(authorization: str) -> None:
    assert_problem(get(authorization), 401)


def test_token_of_a_user_who_left_is_401() -> None:
    user = make_user(username="ada")
    token = created("ada")
    user.is_active = False
    user.save()
    assert_problem(get(f"Token {token}"), 401)


def test_session_reads_and_changes_with_the_csrf_token_only(owner: Caller) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner.user)
    assert browser.get(LIST).status_code == 200
    body = {"plan": make_plan().pk}
    assert_problem(browser.post(LIST, body, "application/json"), 403)
    assert not Subscription.objects.exists()
    browser.cookies["csrftoken"] = "a" * 32
    response = browser.post(LIST, body, "application/json", headers={"X-CSRFToken": "a" * 32})
    assert response.status_code == 201


def test_session_that_has_ended_is_401(owner: Caller) -> None:
    browser = Client()
    browser.force_login(owner.user)
    browser.session.flush()
    assert_problem(browser.get(LIST), 401)
