"""Unsubscribing: one click in a mail program, a page for people, and no effect of a GET."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from notifications.models import NotificationPreferences
from notifications.preferences import set_reminders, wants_reminders
from notifications.unsubscription import link_of
from tests.support.factories import NOW, make_user

pytestmark = pytest.mark.django_db

ONE_CLICK = b"List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--frontier\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--frontier--\r\n'
)


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def client() -> Client:
    """Return a mailbox provider's client: no cookies, and CSRF checks as in production."""
    return Client(enforce_csrf_checks=True)


def path_of(user: User) -> str:
    return link_of(user).removeprefix("http://127.0.0.1:8000")


def press(client: Client, path: str, body: bytes = ONE_CLICK, content_type: str = URLENCODED) -> Any:
    return client.generic("POST", path, body, content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, URLENCODED),
        (ONE_CLICK, f"{URLENCODED}; charset=UTF-8"),
        (b"a=b&" + ONE_CLICK, URLENCODED),
        (MULTIPART, "multipart/form-data; boundary=frontier"),
    ],
)
def test_one_click_turns_reminders_off(client: Client, user: User, body: bytes, content_type: str) -> None:
    response = press(client, path_of(user), body, content_type)
    assert response.status_code == 200
    assert "Reminders are off" in response.content.decode()
    assert not wants_reminders(user.pk)
    assert wants_reminders(make_user().pk)


def test_second_click_finds_it_done(client: Client, user: User) -> None:
    for _ in range(3):
        assert press(client, path_of(user)).status_code == 200
    assert not wants_reminders(user.pk)
    assert NotificationPreferences.objects.count() == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(client: Client, user: User, method: str) -> None:
    response = client.generic(method, path_of(user) + "?List-Unsubscribe=One-Click")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert wants_reminders(user.pk)
    assert not NotificationPreferences.objects.exists()


def test_page_has_a_button_that_does_it_and_names_nobody(client: Client, user: User) -> None:
    text = client.get(path_of(user)).content.decode()
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in text
    assert user.get_username() not in text
    assert user.email not in text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", URLENCODED),
        (b"List-Unsubscribe=one-click", URLENCODED),
        (b"List-Unsubscribe", URLENCODED),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json"),
        (ONE_CLICK, "text/plain"),
    ],
)
def test_post_that_does_not_say_it_changes_nothing_and_asks(
    client: Client, user: User, body: bytes, content_type: str
) -> None:
    response = press(client, path_of(user), body, content_type)
    assert response.status_code == 400
    assert "Turn reminders off" in response.content.decode()
    assert wants_reminders(user.pk)


def test_broken_multipart_changes_nothing(client: Client, user: User) -> None:
    assert press(client, path_of(user), MULTIPART, "multipart/form-data").status_code == 400
    assert wants_reminders(user.pk)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(client: Client, user: User, method: str) -> None:
    assert client.generic(method, path_of(user), ONE_CLICK, URLENCODED).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wrong_link_is_a_page_that_says_what_to_do(client: Client, user: User, method: str) -> None:
    for path in (path_of(user)[:-2] + "/", "/u/1.AAAAAAAAAAAAAAAAAAAAAA/", "/u/x/"):
        response = client.generic(method, path, ONE_CLICK, URLENCODED)
        assert response.status_code == 404
        text = response.content.decode()
        assert "This link does not work" in text
        assert 'href="/notification-preferences/"' in text
    assert wants_reminders(user.pk)


def test_link_of_a_user_who_is_gone_does_not_work(client: Client, user: User) -> None:
    path = path_of(user)
    user.delete()
    assert press(client, path).status_code == 404


def test_deactivated_user_can_turn_them_off_too(client: Client, user: User) -> None:
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    assert press(client, path_of(user)).status_code == 200
    assert not wants_reminders(user.pk)


def test_link_goes_on_working_after_reminders_were_turned_on_again(client: Client, user: User) -> None:
    press(client, path_of(user))
    set_reminders(user.pk, wanted=True, now=NOW)
    press(client, path_of(user))
    assert not wants_reminders(user.pk)


def test_click_leaves_no_session(client: Client, user: User) -> None:
    press(client, path_of(user))
    assert "sessionid" not in client.cookies


@pytest.fixture
def at_forty_seconds() -> Iterator[None]:
    """Freeze the time twenty seconds before the next minute."""
    with time_machine.travel(NOW + timedelta(seconds=40), tick=False):
        yield


def test_link_that_is_asked_too_often_says_when_to_come_back(
    at_forty_seconds: None, client: Client, user: User, settings: LazySettings
) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 2
    assert [press(client, path_of(user)).status_code for _ in range(2)] == [200, 200]
    response = press(client, path_of(user))
    assert (response.status_code, response["Retry-After"]) == (429, "20")
    assert "Please wait a minute" in response.content.decode()
    assert client.get(path_of(user)).status_code == 200


def test_provider_may_click_for_many_users_from_one_address(client: Client, settings: LazySettings) -> None:
    settings.CHANGES_PER_MINUTE_AND_ADDRESS = 1
    users = [make_user() for _ in range(3)]
    assert [press(client, path_of(user)).status_code for user in users] == [200, 200, 200]


def test_wrong_link_costs_no_query(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        press(client, "/u/1.AAAAAAAAAAAAAAAAAAAAAA/")
