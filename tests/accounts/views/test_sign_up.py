"""Signing up, in and out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.forms import SignUpForm
from accounts.models import User
from tests.support.explain import plan_of
from tests.support.factories import EMAIL, NAME, as_named, make_account, make_user
from tests.support.patience import PATIENCE_SECONDS

FIELDS = {
    "username": "grace",
    "email": "grace@EXAMPLE.com",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
}


def sign_up(client: Client, **fields: str) -> Any:
    return client.post(reverse("sign_up"), as_named(**FIELDS | fields))


def test_sign_up_makes_an_account_and_signs_in(client: Client, db: None) -> None:
    answer = sign_up(client)
    assert answer.headers["Location"] == reverse("plans")
    assert getattr(get_user_model().objects.get(), EMAIL) == "grace@example.com"
    assert "Sign out" in client.get(reverse("plans")).content.decode()


def test_sign_up_goes_on_to_where_one_wanted_to_go(client: Client, db: None) -> None:
    assert sign_up(client, next="/subscribe/1/").headers["Location"] == "/subscribe/1/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)", "\x00"]
)
def test_sign_up_goes_nowhere_else(client: Client, db: None, elsewhere: str) -> None:
    assert sign_up(client, next=elsewhere).headers["Location"] == reverse("plans")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"username": "ADA"}, "A user with that username already exists."),
        ({"username": "x" * 151}, "at most 150 characters"),
        ({"username": "a\x00b"}, "Null characters are not allowed"),
        ({"email": "ADA@example.com"}, "There is an account with this address already."),
        ({"email": ""}, "This field is required."),
        ({"email": "Bob, evil@example.com"}, "Enter a valid email address."),
        ({"email": f"{'x' * 250}@example.com"}, "at most 254 characters"),
        ({"password2": "something else"}, "The two password fields"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
    ],
)
def test_sign_up_explains_what_is_wrong(client: Client, ada: User, fields: dict[str, str], complaint: str) -> None:
    answer = sign_up(client, **fields)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize("kept", ["kunde@fa\u00df.example", "Kunde@xn--fa-hia.example"])
@pytest.mark.parametrize("typed", ["kunde@fa\u00df.example", "KUNDE@XN--FA-HIA.EXAMPLE", "kunde@FA\u1e9e.example"])
def test_address_is_the_same_in_all_spellings_of_its_domain(client: Client, db: None, kept: str, typed: str) -> None:
    make_user(email=kept)
    assert "There is an account with this address already." in sign_up(client, email=typed).content.decode()
    assert sign_up(client, email="kunde@fass.example").status_code == 302


def test_address_is_kept_in_the_letters_of_its_language(client: Client, db: None) -> None:
    sign_up(client, email="Kunde@XN--FA-HIA.example")
    assert User.objects.get().email == "Kunde@fa\u00df.example"


@pytest.mark.parametrize("address", ["kunde@\u2603.example", "bob@\u05d0a.com", "a@" + "\u00fc" * 60 + ".de"])
def test_sign_up_refuses_an_address_that_no_mail_can_reach(client: Client, db: None, address: str) -> None:
    assert "Enter a valid email address." in sign_up(client, email=address).content.decode()
    assert not User.objects.exists()


def test_name_taken_since_it_was_validated_is_an_error_on_the_form(db: None) -> None:
    form = SignUpForm(as_named(**FIELDS))
    assert form.is_valid()
    make_user(username="grace")
    assert form.create_account() is None
    assert form.errors == {"username": ["A user with that username already exists."]}


@pytest.mark.postgresql
@pytest.mark.parametrize(("field", "index"), [(NAME, "user_by_name"), (EMAIL, "user_by_email")])
def test_index_tells_what_is_free_in_whatever_case(db: None, field: str, index: str) -> None:
    assert index in plan_of(get_user_model().objects.filter(**{f"{field}__iexact": "ada"}))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        ({"username": "other", "email": "Grace@Example.com"}, "There is an account with this address already."),
        ({"username": "GRACE", "email": "other@example.com"}, "A user with that username already exists."),
        ({}, "A user with that username already exists."),
    ],
    ids=["address", "name", "a double click"],
)
def test_two_at_once_do_not_get_one_account_each(
    second: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_are_valid = Barrier(2)
    create = SignUpForm.create_account

    def create_together(form: SignUpForm) -> User | None:
        both_are_valid.wait(timeout=PATIENCE_SECONDS)
        return create(form)

    monkeypatch.setattr(SignUpForm, "create_account", create_together)

    def ask(fields: dict[str, str]) -> tuple[int, str]:
        try:
            answer = sign_up(Client(), **fields)
            return answer.status_code, answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = dict(pool.map(ask, [{}, second]))

    assert get_user_model().objects.count() == 1
    assert sorted(answers) == [200, 302]
    assert complaint in answers[200]


def test_signed_in_user_is_redirected_from_sign_up(page: Client) -> None:
    assert page.get(reverse("sign_up")).headers["Location"] == reverse("plans")
    sign_up(page)
    assert get_user_model().objects.count() == 1


def test_sign_in_leads_to_ones_subscriptions(client: Client, db: None) -> None:
    make_account("ada", "correct horse battery")
    answer = client.post(reverse("login"), {"username": "ada", "password": "correct horse battery"})
    assert answer.headers["Location"] == reverse("subscriptions")


def test_sign_out_takes_a_post(page: Client) -> None:
    assert page.get(reverse("logout")).status_code == 405
    assert page.post(reverse("logout")).headers["Location"] == reverse("plans")
    assert page.get(reverse("subscriptions")).status_code == 302


@pytest.mark.parametrize("name", ["logout", "login", "sign_up", "set_language"])
def test_forms_want_their_token(db: None, name: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse(name), FIELDS)
    assert answer.status_code == 403
    assert "This page has expired" in answer.content.decode()
