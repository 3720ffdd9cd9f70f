"""Browsers that others' guesses do not lock out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.devices import COOKIE, SALT
from accounts.links import change_url, reset_url
from accounts.models import User
from tests.support.factories import NOW, make_account

pytestmark = pytest.mark.django_db

PASSWORD, NEW_PASSWORD = "correct horse battery", "another battery staple"


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


def enter_and_leave(name: str = "ada", password: str = PASSWORD) -> Client:
    """Return a browser that has entered the account."""
    browser = Client()
    assert sign_in(browser, name, password) == 302
    browser.post(reverse("logout"))
    return browser


def test_changed_user_name_leaves_the_device_known(ada: User, settings: Any) -> None:
    owner = Client()
    sign_in(owner)
    owner.post(reverse("user_name"), {"username": "countess"})
    owner.post(reverse("logout"))
    limit_to(settings, 3)
    assert [sign_in(Client(), "countess", "guess") for _ in range(4)][-1] == 429
    assert sign_in(owner, "countess") == 302


def test_changed_address_leaves_the_device_known(ada: User, settings: Any) -> None:
    owner = enter_and_leave()
    Client().post(path_of(change_url(ada, "new@example.com")))
    limit_to(settings, 3)
    assert [sign_in(Client(), "new@example.com", "guess") for _ in range(4)][-1] == 429
    assert sign_in(owner, "new@example.com") == 302


def test_browser_that_changes_the_password_is_known(ada: User, settings: Any) -> None:
    owner = Client()
    sign_in(owner)
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert owner.post(reverse("change_password"), form).status_code == 302
    owner.post(reverse("logout"))
    guess(settings)
    assert sign_in(owner, password=NEW_PASSWORD) == 302


def test_browser_that_resets_the_password_is_known(ada: User, settings: Any) -> None:
    owner = Client()
    reset(owner, ada)
    guess(settings)
    assert sign_in(owner, password=NEW_PASSWORD) == 302


def test_browser_that_ends_all_other_sessions_is_known_alone(ada: User, settings: Any) -> None:
    other, owner = enter_and_leave(), Client()
    sign_in(owner)
    owner.post(reverse("sessions"), {"password": PASSWORD})
    owner.post(reverse("logout"))
    guess(settings)
    assert (sign_in(owner), sign_in(other)) == (302, 429)


def test_changed_password_ends_what_others_proved(ada: User, settings: Any) -> None:
    thief = enter_and_leave()
    reset(Client(), ada)
    guess(settings)
    assert sign_in(thief, password=NEW_PASSWORD) == 429


def test_device_does_not_pass_to_the_next_holder_of_a_name(ada: User, settings: Any) -> None:
    former = enter_and_leave()
    User.objects.filter(pk=ada.pk).update(username="countess", email="countess@example.com")
    make_account("ada", NEW_PASSWORD, email="ada@example.com")
    guess(settings)
    for name in ("ada", "ada@example.com"):
        assert sign_in(former, name, NEW_PASSWORD) == 429


def test_device_of_a_deactivated_account_is_unknown(ada: User, settings: Any) -> None:
    owner = enter_and_leave()
    User.objects.update(is_active=False)
    guess(settings)
    assert sign_in(owner) == 429


def test_many_devices_of_an_account_have_a_limit_together(ada: User, settings: Any) -> None:
    devices = [enter_and_leave() for _ in range(5)]
    limit_to(settings, 2)
    told = [guess_from(f"192.0.2.{number}", device) for number, device in enumerate(devices) for _ in range(2)]
    assert told == [200] * 6 + [429] * 4


def test_devices_of_many_accounts_share_the_limit_of_their_network(ada: User, settings: Any) -> None:
    make_account("grace", PASSWORD)
    devices = {name: enter_and_leave(name) for name in ("ada", "grace")}
    settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 3
    assert [sign_in(devices[name], name, "guess") for name in ("ada", "grace", "ada", "grace")] == [200] * 3 + [429]


def test_cookie_of_the_release_before_is_unknown(ada: User, settings: Any) -> None:
    guess(settings)
    browser = Client()
    browser.cookies[COOKIE] = signing.dumps(["random", "hash of the name"], salt="accounts.devices")
    assert sign_in(browser) == 429


def test_key_of_another_user_model_is_unknown(ada: User, settings: Any) -> None:
    guess(settings)
    browser = Client()
    browser.cookies[COOKIE] = signing.dumps(["random", "no number", "proof"], salt=SALT)
    assert sign_in(browser) == 429


def test_browser_without_a_device_asks_the_same_for_known_and_unknown_names(ada: User) -> None:
    other = enter_and_leave()
    make_account("grace", PASSWORD)
    for browser in (Client(), other):
        asked = []
        for name in ("grace", "nobody"):
            with CaptureQueriesContext(connection) as queries:
                sign_in(browser, name, "guess")
            asked.append(len(queries))
        assert asked[0] == asked[1]


def limit_to(settings: Any, attempts: int) -> None:
    """Set the limit per name, and that of a network out of reach."""
    settings.SIGN_INS_PER_MINUTE_AND_NAME, settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = attempts, 1000


def guess_from(network: str, browser: Client) -> int:
    form = {"username": "ada", "password": "guess"}
    return browser.post(reverse("login"), form, REMOTE_ADDR=network).status_code


def reset(browser: Client, user: User) -> None:
    """Choose a new password by the link of a mail."""
    user.refresh_from_db()  # the link ends with the next sign-in
    form = browser.get(path_of(reset_url(user))).headers["Location"]
    browser.post(form, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def path_of(url: str) -> str:
    return urlsplit(url).path
