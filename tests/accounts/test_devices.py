"""Browsers that others' guesses do not lock out."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.devices import COOKIE
from accounts.models import User
from tests.support.factories import NOW, make_account

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com")


def sign_in(browser: Client, name: str = "ada", password: str = PASSWORD) -> int:
    return browser.post(reverse("login"), {"username": name, "password": password}).status_code


def guess(settings: Any) -> None:
    """Exceed the limits of the name and of the network."""
    settings.SIGN_INS_PER_MINUTE_AND_NAME, settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 3, 6
    for name in ("ada", "ada@example.com"):
        assert [sign_in(Client(), name, "guess") for _ in range(4)][-1] == 429


@pytest.mark.parametrize("name", ["ada", " ADA ", "ADA@example.com"])
def test_owner_with_a_known_device_is_not_locked_out_by_others(ada: User, settings: Any, name: str) -> None:
    owner = Client()
    sign_in(owner)
    owner.post(reverse("logout"))
    guess(settings)
    assert sign_in(Client()) == 429
    assert (302 if name != " ADA " else 200) == sign_in(owner, name)


def test_known_device_has_a_limit_of_its_own(ada: User, settings: Any) -> None:
    owner = Client()
    sign_in(owner)
    owner.post(reverse("logout"))
    guess(settings)
    assert [sign_in(owner, password="guess") for _ in range(4)] == [200, 200, 200, 429]


def test_device_of_one_account_opens_no_way_to_another(ada: User, settings: Any) -> None:
    make_account("grace", PASSWORD)
    grace = Client()
    sign_in(grace, "grace")
    grace.post(reverse("logout"))
    guess(settings)
    assert sign_in(grace) == 429


@pytest.mark.parametrize("forged", ["", "x", "\u00e9", "WyJ4Il0:1abc:forged"])
def test_forged_device_is_unknown(ada: User, settings: Any, forged: str) -> None:
    guess(settings)
    browser = Client()
    browser.cookies[COOKIE] = forged
    assert sign_in(browser) == 429


def test_cookie_names_nobody_and_is_out_of_reach_of_scripts(ada: User) -> None:
    owner = Client()
    sign_in(owner)
    cookie = owner.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "ada" not in cookie.value
