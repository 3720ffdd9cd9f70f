"""Appearance of the account's pages in both languages, and the way from a forgotten password to two factors."""

from binascii import unhexlify

import pytest
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from accounts.links import reset_url
from accounts.models import User
from accounts.two_factor import device_to_confirm
from tests.browser.visitor import Visitor
from tests.support.factories import make_account

OLD, NEW = "correct horse battery", "staple glue paper clip"
PAGES = [
    "account",
    "address",
    "user_name",
    "change_password",
    "sessions",
    "account_language",
    "api_tokens",
    "download_data",
    "delete_account",
    "two_factor",
]


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Create an account with a password."""
    return make_account("ada", OLD, email="ada@example.com")


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_of_an_account(visitor: Visitor, ada: User, language: str) -> None:
    visitor.sign_in(ada)
    visitor.context.add_cookies([{"name": "django_language", "value": language, "url": visitor.site_url}])
    for name in PAGES:
        visitor.open(name)
        visitor.look_at(f"account-{name}-{language}")


@pytest.mark.parametrize("language", ["en", "de"])
def test_session_from_before_the_second_factor_is_asked_for_it(visitor: Visitor, ada: User, language: str) -> None:
    visitor.sign_in(ada)
    visitor.context.add_cookies([{"name": "django_language", "value": language, "url": visitor.site_url}])
    TOTPDevice.objects.create(user=ada, confirmed=True)
    visitor.open("two_factor")
    visitor.page.locator("main [name=code]").fill("000000")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("main").get_by_role("button").click()
    expect(visitor.page.locator("main .errorlist")).to_be_visible()
    visitor.look_at(f"two-factor-verify-{language}")


def test_from_a_forgotten_password_to_two_factors(visitor: Visitor, ada: User) -> None:
    page = visitor.page
    visitor.open("password_reset")
    visitor.look_at("reset")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_role("main").get_by_role("button").click()
    visitor.look_at("reset-sent")

    link = reset_url(ada)
    visitor.open_path(link[link.index(reverse("password_reset")) :])
    visitor.look_at("reset-choose")
    for label in ("New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill(NEW)
    page.get_by_role("main").get_by_role("button").click()
    ada.refresh_from_db()
    assert ada.check_password(NEW)

    visitor.sign_in(ada)
    visitor.open("two_factor")
    page.get_by_label("Code", exact=True).fill(f"{totp(unhexlify(device_to_confirm(ada).key)):06}")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    visitor.look_at("recovery-codes")

    visitor.open_path(link[link.index(reverse("password_reset")) :], status=410)
    visitor.look_at("reset-used")
