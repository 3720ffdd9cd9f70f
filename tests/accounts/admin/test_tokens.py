"""Tokens in the admin: created by authorised users, shown once, never changed, and revoked."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from accounts.erasure import erase_user
from accounts.models import User
from accounts.tokens import make_token
from tests.support.factories import NOW, make_user
from tests.support.staff import choose, make_staff, sign_in

pytestmark = pytest.mark.django_db

ADD = reverse("admin:knox_authtoken_add")
LIST = reverse("admin:knox_authtoken_changelist")
VIEW, CHANGE, DELETE = (f"knox.{verb}_authtoken" for verb in ("view", "change", "delete"))


@pytest.fixture
def root() -> Client:
    return sign_in(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def program() -> User:
    return make_user(username="payments")


def address(view: str, token: AuthToken) -> str:
    return reverse(f"admin:knox_authtoken_{view}", args=[token.pk])


def status_with(secret: str) -> int:
    """Return the status of an API request with this token."""
    return Client().get("/api/v1/subscriptions", headers={"Authorization": f"Token {secret}"}).status_code


def test_new_token_is_shown_once_and_works(root: Client, program: User) -> None:
    page = root.post(ADD, {"user": program.pk, "days": "30"})
    secret = page.context["token"].secret
    assert f"<code>{secret}</code>" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert status_with(secret) == 200
    kept = AuthToken.objects.get(user=program)
    for later in (root.get(LIST), root.get(address("change", kept)), root.get(reverse("admin:index"))):
        assert secret not in later.content.decode()
    assert secret not in str(root.cookies)


def test_new_token_ends(root: Client, program: User) -> None:
    with time_machine.travel(NOW, tick=False):
        client = sign_in(get_user_model().objects.get(is_superuser=True))
        client.post(ADD, {"user": program.pk, "days": "30"})
    assert AuthToken.objects.get(user=program).expiry == NOW + timedelta(days=30)
    assert 'value="365"' in root.get(ADD).content.decode()


@pytest.mark.parametrize("fields", [{"days": "0"}, {"days": "3651"}, {"days": ""}, {"user": ""}, {"user": "999999"}])
def test_invalid_input_is_an_error_on_the_form(root: Client, program: User, fields: dict[str, Any]) -> None:
    page = root.post(ADD, {"user": program.pk, "days": "30"} | fields)
    assert page.status_code == 200
    assert page.context["adminform"].form.errors.keys() == fields.keys()
    assert not AuthToken.objects.exists()


def test_account_that_is_not_active_gets_no_token(root: Client, program: User) -> None:
    erase_user(program.pk, NOW)
    page = root.post(ADD, {"user": program.pk, "days": "30"})
    assert page.context["adminform"].form.errors == {
        "user": ["This account is not active, so its tokens would be refused."]
    }
    assert not AuthToken.objects.exists()


def test_only_superusers_make_tokens_because_those_act_as_anybody(program: User) -> None:
    client = sign_in(make_staff(VIEW, CHANGE, DELETE, "knox.add_authtoken"))
    assert ADD not in client.get(LIST).content.decode()
    assert client.post(ADD, {"user": program.pk, "days": "30"}).status_code == 403
    assert not AuthToken.objects.exists()


def test_token_cannot_be_given_to_somebody_else(root: Client, program: User) -> None:
    token, _ = make_token(program, 30)
    before = AuthToken.objects.values().get()
    page = root.get(address("change", token))
    assert page.status_code == 200
    assert 'name="user"' not in page.content.decode()
    assert root.post(address("change", token), {"user": make_user().pk, "digest": "0", "days": "1"}).status_code == 403
    assert AuthToken.objects.values().get() == before


def test_revoked_token_does_not_work_any_more(program: User) -> None:
    client = sign_in(make_staff(VIEW, DELETE))
    (first, secret), (second, other), (_, kept) = (make_token(program, 30) for _ in range(3))
    assert client.post(address("delete", first), {"post": "yes"}).status_code == 302
    choose(client, "knox_authtoken", "delete_selected", [second.pk], post="yes")
    assert [status_with(token) for token in (secret, other, kept)] == [401, 401, 200]


def test_viewer_cannot_revoke(program: User) -> None:
    token, _ = make_token(program, 30)
    assert sign_in(make_staff(VIEW)).post(address("delete", token), {"post": "yes"}).status_code == 403
    assert AuthToken.objects.exists()


def test_token_is_found_by_its_first_characters_and_its_user(root: Client, program: User) -> None:
    token, secret = make_token(program, 30)
    make_token(make_user(), 30)
    for term in (secret[:15], program.get_username()):
        assert list(root.get(LIST, {"q": term}).context["cl"].result_list) == [token]


def test_menu_calls_them_api_tokens() -> None:
    page = sign_in(make_user(is_staff=True, is_superuser=True)).get(reverse("admin:index")).content.decode()
    assert "API tokens" in page
    assert "Knox" not in page
