"""Page of the user's own API tokens."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from accounts.models import TokenDetails, User
from accounts.tokens import MOST_TOKENS, make_token
from tests.support.factories import make_account, make_user
from tests.support.staff import begin_anew, make_staff, sign_in

pytestmark = pytest.mark.django_db

PAGE = reverse("api_tokens")
PASSWORD = "correct horse battery"
WISH = {"name": "Billing", "days": "30", "scopes": ["subscriptions:read"], "password": PASSWORD}


@pytest.fixture
def owner() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com")


def status_with(secret: str) -> int:
    """Return the status of an API request with this token."""
    return Client().get("/api/v1/subscriptions", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_new_token_is_shown_once_and_works(owner: User) -> None:
    browser = sign_in(owner)
    page = browser.post(PAGE, WISH)
    secret = page.context["secret"]
    assert f"<code>{secret}</code>" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert status_with(secret) == 200
    later = browser.get(PAGE).content.decode()
    assert secret not in later
    assert "Billing" in later
    details = TokenDetails.objects.get()
    assert (details.scopes, details.personal, details.token.user_id) == (["subscriptions:read"], True, owner.pk)


def test_last_use_and_end_are_in_the_zone_of_the_reader_and_name_it(owner: User) -> None:
    browser = sign_in(owner)
    browser.post(PAGE, WISH)
    assert re.search(r"<td>\s*never\s*</td>", browser.get(PAGE).content.decode())
    AuthToken.objects.update(expiry=datetime(2099, 6, 30, 22, 30, tzinfo=UTC))
    TokenDetails.objects.update(last_used_at=datetime(2026, 12, 1, 23, 30, tzinfo=UTC))
    browser.cookies["time_zone"] = "Europe/Berlin"
    shown = browser.get(PAGE).content.decode()
    assert ">Dec. 2, 2026, 00:30 CET<" in shown
    assert ">July 1, 2099, 00:30 CEST<" in shown


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"days": "0"}, {"days": "366"}, {"scopes": []}, {"scopes": ["nonsense"]}, {"name": "x" * 101}],
    ids=str,
)
def test_invalid_input_is_an_error_on_the_form(fields: dict[str, Any], owner: User) -> None:
    page = sign_in(owner).post(PAGE, WISH | fields)
    assert page.context["form"].errors.keys() == fields.keys()
    assert not AuthToken.objects.exists()


def test_scopes_that_need_a_permission_are_offered_to_its_holders(owner: User) -> None:
    def offered(user: User) -> set[str]:
        return {value for value, _label in sign_in(user).get(PAGE).context["form"].fields["scopes"].choices}

    assert "plans:write" not in offered(owner)
    assert "plans:write" in offered(make_staff("subscriptions.change_plan"))
    assert not sign_in(owner).post(PAGE, WISH | {"scopes": ["plans:write"]}).context["secret"]


def test_owner_revokes_a_token_and_nobody_elses(owner: User) -> None:
    token, secret = make_token(owner, 30)
    address = reverse("revoke_api_token", args=[token.pk])
    assert sign_in(make_user()).post(address).status_code == 404
    assert status_with(secret) == 200
    assert sign_in(owner).post(address)["Location"] == PAGE
    assert status_with(secret) == 401
    assert not TokenDetails.objects.exists()


def test_number_of_tokens_is_bounded(owner: User) -> None:
    for _ in range(MOST_TOKENS):
        make_token(owner, 30)
    page = sign_in(owner).post(PAGE, WISH)
    assert str(MOST_TOKENS) in page.context["form"].non_field_errors()[0]
    assert AuthToken.objects.count() == MOST_TOKENS


def test_visitor_is_led_to_the_sign_in() -> None:
    assert Client().get(PAGE)["Location"] == f"{reverse('login')}?next={PAGE}"


def test_page_takes_no_more_queries_with_more_tokens(owner: User, django_assert_num_queries: Any) -> None:
    browser = sign_in(owner)
    for _ in range(2):
        make_token(owner, 30)
        with django_assert_num_queries(5):  # session, user, two of permissions, tokens
            browser.get(PAGE)


def test_tokens_end_with_a_changed_password_and_nobody_elses(owner: User) -> None:
    _mine, personal = make_token(owner, 30, personal=True)
    others = make_token(make_user(), 30, personal=True)[1]
    owner.set_password("another horse battery")
    owner.save()
    assert [status_with(secret) for secret in (personal, others)] == [401, 200]


@pytest.mark.parametrize("password", ["", "guessed"])
def test_borrowed_session_creates_no_token_without_the_password(owner: User, password: str) -> None:
    page = sign_in(owner).post(PAGE, WISH | {"password": password})
    assert page.context["form"].errors.keys() == {"password"}
    assert not AuthToken.objects.exists()
    assert mail.outbox == []


def test_account_without_a_password_creates_a_token_in_a_session_that_has_just_begun(owner: User) -> None:
    owner.set_unusable_password()
    owner.save()
    browser = sign_in(owner)
    assert "Sign out and in again" in browser.post(PAGE, WISH).content.decode()
    begin_anew(browser, owner)
    assert browser.post(PAGE, WISH).context["secret"]


def test_owner_is_told_of_a_new_token_without_its_secret_or_name(owner: User) -> None:
    secret = sign_in(owner).post(PAGE, WISH).context["secret"]
    (told,) = mail.outbox
    assert (told.subject, told.to) == ("Subscriptions: You have a new API token", ["ada@example.com"])
    sent = str(told.message())
    assert not [hidden for hidden in (secret, secret[:12], "Billing", PASSWORD) if hidden in sent]


def test_upgraded_hash_of_the_password_ends_no_token(owner: User, settings: Any) -> None:
    _mine, personal = make_token(owner, 30, personal=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    before = owner.password
    assert owner.check_password(PASSWORD)
    owner.refresh_from_db()
    assert owner.password != before
    assert status_with(personal) == 200
