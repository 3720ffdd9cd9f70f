"""Names and addresses are unique, except among rows that the release before wrote."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

INSERT = """
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
VALUES ('', false, %s, '', '', %s, false, true, '2026-12-01 00:00:00+00:00')
"""
"""As the release before does it, without the columns that it does not know."""


def insert(username: str, email: str) -> User:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [username, email])
    return User.objects.get(username=username)


@pytest.mark.parametrize(("name", "address"), [("other", "ADA@Example.com"), ("Ada", "other@example.com")])
def test_name_and_address_are_unique_in_any_capitalisation(name: str, address: str) -> None:
    make_user(username="ada", email="ada@example.com")
    with pytest.raises(IntegrityError):
        make_user(username=name, email=address)


def test_any_number_of_accounts_has_no_address_or_awaits_the_same() -> None:
    for _ in range(2):
        make_user(email="", unconfirmed_email="ada@example.com")
    make_user(email="ada@example.com")
    assert User.objects.filter(unconfirmed_email="ada@example.com").count() == 2


def test_row_of_the_release_before_may_share_name_and_address() -> None:
    make_user(username="ada", email="ada@example.com")
    row = insert("ADA", "Ada@example.com")
    assert (row.exempt_from_uniqueness, row.unconfirmed_email) == (True, "")
    row.first_name = "Ada"
    row.save()
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=row.pk).update(exempt_from_uniqueness=False)


@pytest.fixture
def root() -> Client:
    return sign_in(make_user(username="root", is_staff=True, is_superuser=True))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "ADA@example.com"}, "There is an account with this address already."),
        ({"email": "ada@xn--fa-hia.example"}, "There is an account with this address already."),
        ({"username": "ADA"}, "A user with that username already exists."),
    ],
)
def test_operator_is_told_what_another_account_has(root: Client, fields: dict[str, str], complaint: str) -> None:
    make_user(username="ada", email="ada@example.com")
    make_user(username="faß", email="ada@fa\u00df.example")
    other = make_user(username="other", email="other@example.com")
    data = {"username": "other", "email": "other@example.com", "is_active": "on"} | fields
    answer = root.post(reverse("admin:accounts_user_change", args=[other.pk]), data)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()


def test_operator_saves_an_exempt_account(root: Client) -> None:
    make_user(username="ada", email="ada@example.com")
    twin = insert("twin", "ada@example.com")
    data = {"username": "twin", "email": "ada@example.com", "first_name": "Twin", "is_active": "on"}
    assert root.post(reverse("admin:accounts_user_change", args=[twin.pk]), data).status_code == 302
    twin.refresh_from_db()
    assert twin.first_name == "Twin"


def test_address_is_kept_in_the_form_that_is_compared() -> None:
    user = get_user_model()(username="ada", email="Ada@XN--FA-HIA.example")
    user.clean()
    assert user.email == "Ada@fa\u00df.example"
