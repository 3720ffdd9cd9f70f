"""Notification preferences in the API."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from notifications.models import NotificationPreferences
from notifications.preferences import set_reminders, wants_reminders
from tests.api.callers import Caller, assert_problem
from tests.support.factories import NOW, make_user

pytestmark = pytest.mark.django_db

PATH = "notification-preferences"


@pytest.fixture
def owner() -> Caller:
    """Return a subscriber's client."""
    return Caller(make_user())


def test_reading_and_putting(owner: Caller) -> None:
    response = owner.get(PATH)
    assert (response.json(), response["Cache-Control"]) == ({"reminders": True}, "private, no-store")
    response = owner.put(PATH, {"reminders": False})
    assert (response.status_code, response.json()) == (200, {"reminders": False})
    assert owner.get(PATH).json() == {"reminders": False}
    assert not wants_reminders(owner.user.pk)
    assert owner.put(PATH, {"reminders": True}).json() == owner.get(PATH).json() == {"reminders": True}


def test_putting_twice_is_putting_once(owner: Caller) -> None:
    for _ in range(2):
        assert owner.put(PATH, {"reminders": False}).status_code == 200
    assert NotificationPreferences.objects.count() == 1


def test_each_has_their_own(owner: Caller) -> None:
    other = make_user()
    set_reminders(other.pk, wanted=False, now=NOW)
    assert owner.get(PATH).json() == {"reminders": True}
    owner.put(PATH, {"reminders": True})
    assert not wants_reminders(other.pk)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reminders"),
        ({"reminders": None}, "reminders"),
        ({"reminders": "false"}, "reminders"),
        ({"reminders": 0}, "reminders"),
        ({"reminders": []}, "reminders"),
        ({"reminders": False, "receipts": False}, "receipts"),
        ([], ""),
    ],
)
def test_anything_but_a_flag_is_refused_by_name(owner: Caller, body: Any, field: str) -> None:
    problem = assert_problem(owner.put(PATH, body), 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert wants_reminders(owner.user.pk)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(owner: Caller, method: str) -> None:
    response = owner._client.generic(method, f"/api/v1/{PATH}", b"{}", "application/json", headers=owner._headers)
    assert_problem(response, 405)


def test_session_needs_the_token_of_its_page() -> None:
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.put(f"/api/v1/{PATH}", {"reminders": False}, "application/json")
    assert_problem(response, 403)
    assert wants_reminders(user.pk)


def test_changes_are_counted_and_reading_is_not(owner: Caller, settings: LazySettings) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 1
    statuses = [owner.get(PATH).status_code for _ in range(3)]
    statuses += [owner.put(PATH, {"reminders": False}).status_code for _ in range(2)]
    # A minute may turn between the two.
    assert statuses[:4] == [200] * 4
    assert_problem(owner.put(PATH, {"reminders": True}), 429)
