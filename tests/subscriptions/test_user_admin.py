"""Accounts and tokens, as operators see them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from tests.factories import make_user
from tests.staff import choose, make_staff, sign_in

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


def test_token_is_taken_away_but_not_made_here(root: Client) -> None:
    kept, lost = (AuthToken.objects.create(make_user(username=name), expiry=None)[0] for name in ("kept", "lost"))
    listed = reverse("admin:knox_authtoken_changelist")
    page = root.get(listed).content.decode()
    assert lost.token_key in page
    assert reverse("admin:knox_authtoken_add") not in page
    assert root.post(reverse("admin:knox_authtoken_add"), {"user": kept.user_id}).status_code == 403
    assert root.post(reverse("admin:knox_authtoken_change", args=[kept.pk]), {}).status_code == 403

    choose(root, "knox_authtoken", "delete_selected", [lost.pk], post="yes")

    assert list(AuthToken.objects.all()) == [kept]
    assert User.objects.filter(username="lost").exists()


def test_token_is_not_taken_away_without_the_permission() -> None:
    token = AuthToken.objects.create(make_user(), expiry=None)[0]
    choose(sign_in(make_staff("knox.view_authtoken")), "knox_authtoken", "delete_selected", [token.pk], post="yes")
    assert AuthToken.objects.filter(pk=token.pk).exists()
