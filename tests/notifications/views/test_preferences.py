"""Notification preferences page."""

import pytest
from django.test import Client

from accounts.models import User
from notifications.models import NotificationPreferences
from notifications.preferences import set_reminders, wants_reminders
from tests.support.factories import NOW, make_user

pytestmark = pytest.mark.django_db

PAGE = "/notification-preferences/"


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_page_shows_what_is_wanted(client: Client, user: User) -> None:
    assert "checked" in client.get(PAGE).content.decode()
    set_reminders(user.pk, wanted=False, now=NOW)
    response = client.get(PAGE)
    assert "checked" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_wish_is_saved_and_shown(client: Client, user: User) -> None:
    response = client.post(PAGE, {}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert "Saved." in response.content.decode()
    assert not wants_reminders(user.pk)
    client.post(PAGE, {"reminders": "on"})
    assert wants_reminders(user.pk)


def test_looking_changes_nothing(client: Client) -> None:
    client.get(PAGE)
    client.head(PAGE)
    assert not NotificationPreferences.objects.exists()


def test_only_whoever_is_signed_in_and_means_it_may_change_it(user: User) -> None:
    assert Client().post(PAGE, {"reminders": "on"})["Location"] == f"/sign-in/?next={PAGE}"
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(user)
    assert forged.post(PAGE, {}).status_code == 403
    assert not NotificationPreferences.objects.exists()


def test_user_cannot_change_the_preferences_of_another(client: Client) -> None:
    other = make_user()
    client.post(PAGE, {"user": other.pk, "user_id": other.pk})
    assert wants_reminders(other.pk)


def test_page_is_linked_from_ones_subscriptions(client: Client) -> None:
    assert f'href="{PAGE}"' in client.get("/subscriptions/").content.decode()
