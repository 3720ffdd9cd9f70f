"""Accounts, as operators see them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from tests.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    return sign_in(make_user(username="root", is_staff=True, is_superuser=True))


def found(client: Client, query: dict[str, Any]) -> list[str]:
    """The names that the list of users shows."""
    answer = client.get(reverse("admin:auth_user_changelist"), query)
    assert answer.status_code == 200
    return [user.get_username() for user in answer.context["cl"].result_list]


def test_user_is_found_by_the_whole_name_or_address(root: Client) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    make_user(username="adam", email="adam@example.com")
    assert found(root, {"q": "ada"}) == ["ada"]
    assert found(root, {"q": "ADA@example.com"}) == ["ada"]
    assert found(root, {"q": "ad"}) == []
    assert found(root, {}) == ["ada", "adam", "root"]
    assert "Access" in root.get(reverse("admin:auth_user_change", args=[ada.pk])).content.decode()


def test_operators_find_each_other(root: Client) -> None:
    make_user(username="ada")
    assert found(root, {"is_staff": "1"}) == ["root"]
    assert found(root, {"is_staff": "\x00"}) == ["ada", "root"]
