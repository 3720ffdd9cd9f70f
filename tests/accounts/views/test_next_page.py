"""Page after signing in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse, set_script_prefix

from accounts.models import User
from tests.support.factories import EMAIL, NAME, as_named, make_account
from tests.support.mailbox import link_to

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SIGN_UP = as_named(username="grace", email="grace@example.com", password1=PASSWORD, password2=PASSWORD)
SIGN_IN = {"username": "ada@example.com" if NAME == EMAIL else "ada", "password": PASSWORD}

NO_PAGE_OF_THIS_SITE = [
    "foo", "?page=2", "#top", "dashboard", "admin:index", "./dashboard", "../admin/", " dashboard",
    "https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "http:///evil.example.com",
    "javascript:alert(1)", "\x00", "/" + "x" * 3000,
]  # fmt: skip


@pytest.fixture
def account() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com")


@pytest.fixture
def stage() -> Iterator[str]:
    """Set the stage's script prefix."""
    set_script_prefix("/dev/")
    yield "/dev"
    set_script_prefix("/")


def location(answer: Any) -> str:
    """Return the target of the redirect."""
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def after_sign_up(client: Client, wanted: str) -> str:
    """Return the page to which the confirmed sign-up redirects."""
    client.post("/sign-up/", SIGN_UP | {"next": wanted})
    return location(client.post(link_to("grace@example.com")))


@pytest.mark.parametrize("wanted", NO_PAGE_OF_THIS_SITE)
def test_sign_up_goes_on_to_the_plans_unless_a_page_is_wanted(client: Client, wanted: str) -> None:
    assert after_sign_up(client, wanted) == reverse("plans")
    assert get_user_model().objects.get().get_username().startswith("grace")
    assert location(client.get(reverse("sign_up"), {"next": wanted})) == reverse("plans")


@pytest.mark.parametrize("wanted", NO_PAGE_OF_THIS_SITE)
def test_sign_in_goes_on_to_ones_subscriptions_unless_a_page_is_wanted(
    client: Client, account: User, wanted: str
) -> None:
    assert location(client.post(reverse("login"), SIGN_IN | {"next": wanted})) == reverse("subscriptions")
    assert location(client.get(reverse("login"), {"next": wanted})) == reverse("subscriptions")


@pytest.mark.parametrize("wanted", NO_PAGE_OF_THIS_SITE)
def test_language_goes_on_to_the_plans_unless_a_page_is_wanted(client: Client, wanted: str) -> None:
    answer = client.post(reverse("set_language"), {"language": "de", "next": wanted})
    assert location(answer) == reverse("plans")
    assert answer.cookies["django_language"].value == "de"


@pytest.mark.parametrize("wanted", ["/subscribe/1/?a=b#c", "/foo", "http://testserver/subscriptions/"])
def test_page_of_this_site_is_gone_on_to(client: Client, account: User, wanted: str) -> None:
    assert location(client.post(reverse("login"), SIGN_IN | {"next": wanted})) == wanted
    assert location(client.post(reverse("set_language"), {"language": "de", "next": wanted})) == wanted
    client.logout()
    assert after_sign_up(client, wanted) == wanted


@pytest.mark.parametrize("wanted", ["", "foo", "dashboard", "/subscriptions/", "/prod/", "http://testserver/prod/"])
def test_stage_is_never_left(client: Client, account: User, stage: str, wanted: str) -> None:
    assert location(client.post("/language/", {"language": "de", "next": wanted})) == f"{stage}/"
    assert location(client.post("/sign-in/", SIGN_IN | {"next": wanted})) == f"{stage}/subscriptions/"
    client.logout()
    assert after_sign_up(client, wanted) == f"{stage}/"


def test_page_of_the_stage_is_gone_on_to(client: Client, account: User, stage: str) -> None:
    assert location(client.post("/sign-in/", SIGN_IN | {"next": "/dev/subscribe/1/"})) == "/dev/subscribe/1/"
