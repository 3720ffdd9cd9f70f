"""Appearance of the account's pages in both languages, and the way from a forgotten password to two factors."""

from binascii import unhexlify
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from accounts.leaving import leave_at_end
from accounts.links import CONFIRMATION_LIFETIME, reset_url, sign_up_url
from accounts.models import User
from accounts.two_factor import device_to_confirm, new_recovery_codes
from foundation import clock
from subscriptions.services import SubscriptionService as Service
from tests.browser.visitor import Visitor
from tests.support.factories import make_account, make_plan

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
    speak(visitor, language)
    for name in PAGES:
        visitor.open(name)
        visitor.look_at(f"account-{name}-{language}")


@pytest.mark.parametrize("language", ["en", "de"])
def test_states_of_pages_of_an_account(visitor: Visitor, ada: User, language: str) -> None:
    visitor.sign_in(ada)
    speak(visitor, language)
    visitor.open("api_tokens")
    visitor.page.locator("main [name=name]").fill("laptop")
    visitor.page.locator("main [name=scopes]").first.check()
    visitor.page.locator("main [name=password]").fill(OLD)
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("main").get_by_role("button").last.click()
    expect(visitor.page.locator("main #new-token")).to_be_visible()
    visitor.look_at(f"account-new-token-{language}")

    Service.create_subscription(ada, make_plan())
    leave_at_end(ada, clock.now())
    visitor.open("delete_account")
    expect(visitor.page.locator("main [name=keep]")).to_be_visible()
    visitor.look_at(f"account-leaving-{language}")


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_of_links(visitor: Visitor, ada: User, language: str) -> None:
    speak(visitor, language)
    valid = path_of(sign_up_url("grace@example.com"))
    with time_machine.travel(clock.now() - CONFIRMATION_LIFETIME - timedelta(minutes=1)):
        expired = path_of(sign_up_url("grace@example.com"))
    used, forged = path_of(sign_up_url("ada@example.com")), f"{valid[:-3]}/"
    for reason, path, status in (("expired", expired, 410), ("used", used, 410), ("forged", forged, 404)):
        visitor.open_path(path, status=status)
        visitor.look_at(f"link-{reason}-{language}")

    visitor.open_path(valid)
    expect(visitor.page.locator("main [name=password1]")).to_be_visible()
    visitor.look_at(f"link-in-another-browser-{language}")

    visitor.sign_in(ada)
    visitor.open_path(valid)
    expect(visitor.page.get_by_role("main")).to_contain_text("ada")
    visitor.look_at(f"link-of-another-account-{language}")


def speak(visitor: Visitor, language: str) -> None:
    """Choose the language of the pages."""
    visitor.context.add_cookies([{"name": "django_language", "value": language, "url": visitor.site_url}])


def path_of(url: str) -> str:
    return urlsplit(url).path


@pytest.mark.parametrize("language", ["en", "de"])
def test_session_from_before_the_second_factor_is_asked_for_it(visitor: Visitor, ada: User, language: str) -> None:
    visitor.sign_in(ada)
    speak(visitor, language)
    TOTPDevice.objects.create(user=ada, confirmed=True)
    visitor.open("two_factor")
    visitor.page.locator("main [name=code]").fill("000000")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("main").get_by_role("button").click()
    expect(visitor.page.locator("main .errorlist")).to_be_visible()
    visitor.look_at(f"two-factor-verify-{language}")
    visitor.page.locator("main [name=code]").fill(new_recovery_codes(ada)[0])
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("main").get_by_role("button").click()
    expect(visitor.page.locator("main [name=off]")).to_be_visible()
    visitor.look_at(f"two-factor-on-{language}")


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
