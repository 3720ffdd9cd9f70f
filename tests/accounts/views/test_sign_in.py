"""Signing in by name or address."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.support.factories import make_account, make_user
from tests.support.work import Work, work_of

pytestmark = pytest.mark.django_db

PASSWORD, OTHER_PASSWORD = "correct horse battery", "another battery staple"


def try_to_sign_in(name: str, password: str = PASSWORD) -> Any:
    """Return the response to the form."""
    return Client().post(reverse("login"), {"username": name, "password": password})


@pytest.mark.parametrize("typed", ["ada", "ada@example.com", "ADA@example.com", " ada@EXAMPLE.com "])
def test_account_is_entered_by_name_or_address(typed: str) -> None:
    make_account("ada", PASSWORD, email="ada@example.com")
    assert try_to_sign_in(typed).headers["Location"] == reverse("subscriptions")


def test_address_finds_an_account_in_any_spelling_of_its_domain() -> None:
    make_account("ada", PASSWORD, email="ada@fa\u00df.example")
    assert try_to_sign_in("ada@xn--fa-hia.example").status_code == 302


def test_address_precedes_a_name_of_the_same_text() -> None:
    make_account("grace@example.com", PASSWORD, email="other@example.com")
    make_account("grace", OTHER_PASSWORD, email="grace@example.com")
    assert try_to_sign_in("grace@example.com", OTHER_PASSWORD).status_code == 302
    assert try_to_sign_in("GRACE@example.com", OTHER_PASSWORD).status_code == 302
    assert try_to_sign_in("grace@example.com").status_code == 200
    assert try_to_sign_in("other@example.com").status_code == 302


def test_account_without_an_address_is_entered_by_its_name() -> None:
    make_account("grace@example.com", PASSWORD, email="")
    make_account("grace", OTHER_PASSWORD, email="grace@example.com")
    assert try_to_sign_in("grace@example.com").status_code == 302
    assert try_to_sign_in("grace", OTHER_PASSWORD).status_code == 302


def test_name_that_is_the_address_of_several_accounts_counts() -> None:
    make_account("grace@example.com", PASSWORD, email="other@example.com")
    for name in ("grace", "twin", "triplet"):
        make_account(name, OTHER_PASSWORD, email="grace@example.com", exempt_from_uniqueness=True)
    assert try_to_sign_in("grace@example.com").status_code == 302


def test_name_that_is_the_own_address_counts() -> None:
    make_account("grace@example.com", PASSWORD, email="grace@example.com")
    assert try_to_sign_in("grace@example.com").status_code == 302
    make_account("twin", OTHER_PASSWORD, email="GRACE@example.com", exempt_from_uniqueness=True)
    assert try_to_sign_in("grace@example.com").status_code == 302


@pytest.mark.parametrize("typed", ["grace@example.com", "other@example.com", "ada@example.com"])
def test_refusal_of_a_name_that_is_another_accounts_address_costs_the_same(typed: str) -> None:
    make_account("ada", PASSWORD, email="ada@example.com")
    make_account("grace@example.com", PASSWORD, email="other@example.com")
    make_account("grace", PASSWORD, email="grace@example.com")
    assert refusal(typed) == refusal("no@example.com")


def test_address_of_two_accounts_finds_neither() -> None:
    for name in ("ada", "grace"):
        make_account(name, PASSWORD, email="both@example.com", exempt_from_uniqueness=True)
    assert try_to_sign_in("both@example.com").status_code == 200
    assert try_to_sign_in("grace").status_code == 302


def test_long_address_fits() -> None:
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    make_account("ada", PASSWORD, email=address)
    assert try_to_sign_in(address).status_code == 302


def make_accounts_of_all_kinds() -> None:
    """Create an account of each kind, named after it; the last one's name is an address, as of earlier releases."""
    make_account("ada", PASSWORD, email="ada@example.com")
    make_account("off", PASSWORD, email="off@example.com", is_active=False)
    make_user(username="none", email="none@example.com", password=make_password(None))
    make_user(username="empty", email="empty@example.com", password="")
    guarded = make_account("guarded", PASSWORD, email="guarded@example.com")
    TOTPDevice.objects.create(user_id=guarded.pk, confirmed=True, name="app")
    make_account("legacy@example.org", PASSWORD, email="legacy@example.com")


KINDS = ("ada", "off", "none", "empty", "guarded")
TYPED = ("unknown", "unknown@example.com", *KINDS, *(f"{name}@example.com" for name in (*KINDS, "legacy")))


@pytest.mark.parametrize("typed", [*TYPED[1:], "legacy@example.org"])
def test_refusal_says_and_costs_the_same_for_every_account_and_none(typed: str) -> None:
    make_accounts_of_all_kinds()
    assert refusal("unknown") == refusal(typed)


def refusal(typed: str) -> Work:
    """Return the refusal of a wrong password, and what it costs."""

    def visit(client: Client) -> list[str]:
        answer: Any = client.post(reverse("login"), {"username": typed, "password": "wrong"})
        assert answer.status_code == 200
        return [answer.context["form"].errors.as_text()]

    return work_of(visit)
