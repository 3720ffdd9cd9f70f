"""Complete life of an account in a browser, in both languages, on a small phone and on a desktop."""

import json
from binascii import unhexlify
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import translation
from django_otp.oath import totp
from playwright.sync_api import Browser, expect

from accounts.erasure import pseudonym_of
from accounts.two_factor import device_to_confirm
from config import settings as config_settings
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local.lambda_function import LambdaFunction
from infra.local.site import Site
from notifications.outbox.immediate_delivery import EVENT
from subscriptions.models import Plan
from tests.browser.visitor import HEIGHT, LOCALES, WIDTHS, Visitor
from tests.support.factories import has_access, make_plan
from tests.support.mailbox import LINK
from tests.support.traffic import Traffic

OLD_PASSWORD, NEW_PASSWORD = "correct horse battery", "staple glue paper clip"
WITHOUT_SCRIPTS = "de-phone-without-scripts"
OLD_ADDRESS, NEW_ADDRESS = "ada@example.com", "ada.lovelace@example.org"


@dataclass
class Subscriber:
    """A visitor who reads pages in one language, and mails that the local AWS has accepted."""

    visitor: Visitor
    aws: LocalAWS
    deliver: Callable[[], Any]
    language: str
    name: str

    def look_at(self, page: str) -> None:
        """Take a screenshot at the present width, and require a page that fits and is accessible."""
        self.visitor.photograph(f"life-{page}-{self.name}")

    def reads(self, text: str) -> str:
        """Return the text in the subscriber's language."""
        with translation.override(self.language):
            return translation.gettext(text)

    def expect_heading(self, text: str) -> None:
        expect(self.visitor.page.get_by_role("heading", level=1)).to_have_text(self.reads(text))

    def expect_notice(self, text: str) -> None:
        expect(self.visitor.page.get_by_role("main")).to_contain_text(self.reads(text))

    def fill(self, **values: str) -> None:
        """Fill in the form's fields by name."""
        for name, value in values.items():
            self.visitor.page.locator(f"main [name={name}]").fill(value)

    def press(self, text: str) -> None:
        self.visitor.click_in_content(self.reads(text))

    def follow(self, text: str) -> None:
        self.visitor.click_in_content(self.reads(text), role="link")

    def open_section(self, text: str) -> None:
        """Open a section of the account page."""
        self.visitor.open("account")
        self.follow(text)

    def sign_out(self) -> None:
        self.visitor.click(self.reads("Sign out"))

    def sign_in(self, password: str) -> None:
        self.visitor.open("login")
        self.fill(username="ada", password=password)
        self.press("Sign in")

    def open_link(self, address: str, subject: str) -> None:
        """Open the link of the newest mail to the address, which has this subject."""
        mail = self.newest_mail(address, subject)
        (link,) = {found for found in LINK.findall(mail.text("plain")) if len(urlsplit(found).path) > 30}
        self.visitor.open_path(urlsplit(link).path)

    def newest_mail(self, address: str, subject: str) -> AcceptedMail:
        """Deliver, and return the newest mail to the address, whose subject ends with this text."""
        self.deliver()
        newest = [mail for mail in self.aws.mails() if mail.recipients == [address]][-1]
        assert newest.message["Subject"].endswith(self.reads(subject))
        return newest


@pytest.fixture
def free_plan(transactional_db: None) -> Plan:
    """Create a plan that costs nothing."""
    return make_plan(name="Free trial", price=Decimal(0), duration_days=14)


@pytest.fixture(params=[*(f"{language}-{device}" for language in LOCALES for device in WIDTHS), WITHOUT_SCRIPTS])
def subscriber(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Site,
    traffic: Traffic,
    aws: LocalAWS,
    lambda_function: LambdaFunction,
    settings: LazySettings,
) -> Iterator[Subscriber]:
    """Yield a visitor whose browser prefers the language; the mails go through outbox, function and SES."""
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND
    language, device, *_rest = request.param.split("-")
    has_scripts = request.param != WITHOUT_SCRIPTS
    viewport = {"width": WIDTHS[device], "height": HEIGHT}
    options: dict[str, Any] = {"locale": LOCALES[language], "viewport": viewport, "reduced_motion": "reduce"}
    with browser.new_context(**options, java_script_enabled=has_scripts) as context:
        visitor = Visitor(context, site.url, has_scripts=has_scripts)
        yield Subscriber(visitor, aws, lambda: lambda_function.invoke(EVENT), language, request.param)
        assert visitor.troubles == []


def test_from_sign_up_to_deletion(subscriber: Subscriber, free_plan: Plan) -> None:
    _sign_up(subscriber)
    _subscribe(subscriber)
    _reset_password(subscriber)
    recovery_code = _turn_on_two_factors(subscriber)
    _sign_in_with(subscriber, recovery_code)
    _change_address(subscriber)
    _download_data(subscriber)
    _delete_account(subscriber)


def _sign_up(subscriber: Subscriber) -> None:
    subscriber.visitor.open("sign_up")
    subscriber.look_at("01-sign-up")
    subscriber.fill(username="ada", email=OLD_ADDRESS, password1=OLD_PASSWORD, password2=OLD_PASSWORD)
    subscriber.press("Sign up")
    subscriber.expect_heading("Confirm your address")
    subscriber.look_at("02-sign-up-sent")
    subscriber.open_link(OLD_ADDRESS, "Confirm your address")
    subscriber.look_at("03-confirm")
    subscriber.press("Confirm and open the account")
    subscriber.expect_heading("Plans")


def _subscribe(subscriber: Subscriber) -> None:
    subscriber.look_at("04-plans")
    with subscriber.visitor.page.expect_navigation():
        subscriber.visitor.page.locator("main a.button").click()
    subscriber.look_at("05-subscribe")
    subscriber.press("Subscribe for free")
    subscriber.look_at("06-subscribed")
    assert has_access(get_user_model().objects.get())
    assert "Free trial" in subscriber.newest_mail(OLD_ADDRESS, "").message["Subject"]


def _reset_password(subscriber: Subscriber) -> None:
    subscriber.sign_out()
    subscriber.visitor.open("login")
    subscriber.look_at("07-sign-in")
    subscriber.follow("Forgotten your password?")
    subscriber.look_at("08-reset")
    subscriber.fill(email=OLD_ADDRESS)
    subscriber.press("Send the link")
    subscriber.look_at("09-reset-sent")
    subscriber.open_link(OLD_ADDRESS, "Choose a new password")
    subscriber.look_at("10-choose-password")
    subscriber.fill(new_password1=NEW_PASSWORD, new_password2=NEW_PASSWORD)
    subscriber.press("Change the password")
    subscriber.expect_notice("Your password has changed. Sign in with the new one.")
    subscriber.look_at("11-password-changed")
    subscriber.sign_in(OLD_PASSWORD)
    subscriber.expect_heading("Sign in")
    subscriber.look_at("12-old-password")
    subscriber.sign_in(NEW_PASSWORD)
    subscriber.expect_heading("My subscriptions")
    subscriber.look_at("13-my-subscriptions")


def _turn_on_two_factors(subscriber: Subscriber) -> str:
    """Set up an app, and return a recovery code."""
    subscriber.visitor.open("account")
    subscriber.look_at("14-account")
    subscriber.follow("Two-factor authentication")
    subscriber.look_at("15-two-factor")
    device = device_to_confirm(get_user_model().objects.get())
    subscriber.fill(code=f"{totp(unhexlify(device.key)):06}", password=NEW_PASSWORD)
    subscriber.press("Turn it on")
    subscriber.expect_heading("Recovery codes")
    subscriber.look_at("16-recovery-codes")
    return subscriber.visitor.page.locator("main li code").first.inner_text()


def _sign_in_with(subscriber: Subscriber, recovery_code: str) -> None:
    subscriber.sign_out()
    subscriber.sign_in(NEW_PASSWORD)
    subscriber.expect_heading("Enter the code")
    subscriber.look_at("17-second-step")
    subscriber.fill(code="000000")
    subscriber.press("Sign in")
    subscriber.look_at("18-wrong-code")
    subscriber.fill(code=recovery_code)
    subscriber.press("Sign in")
    subscriber.expect_heading("My subscriptions")


def _change_address(subscriber: Subscriber) -> None:
    subscriber.open_section("E-mail address")
    subscriber.look_at("19-address")
    subscriber.fill(address=NEW_ADDRESS, password=NEW_PASSWORD)
    subscriber.press("Send the link")
    subscriber.look_at("20-address-sent")
    assert get_user_model().objects.get().email == OLD_ADDRESS
    subscriber.open_link(NEW_ADDRESS, "Confirm your new address")
    subscriber.look_at("21-confirm-address")
    subscriber.press("Confirm the address")
    subscriber.look_at("22-address-changed")
    assert get_user_model().objects.get().email == NEW_ADDRESS
    subscriber.newest_mail(OLD_ADDRESS, "Your address has changed")


def _download_data(subscriber: Subscriber) -> None:
    subscriber.open_section("Download my data")
    subscriber.look_at("23-data")
    with subscriber.visitor.page.expect_download() as download:
        subscriber.visitor.page.get_by_role("main").get_by_role("button").click()
    assert download.value.suggested_filename == "my-data.json"
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert exported["account"]["email"] == NEW_ADDRESS
    assert [subscription["plan"] for subscription in exported["subscriptions"]] == ["Free trial"]


def _delete_account(subscriber: Subscriber) -> None:
    subscriber.open_section("Delete my account")
    subscriber.look_at("24-delete")
    subscriber.visitor.page.locator("main [name=when][value=now]").check()
    subscriber.fill(password=NEW_PASSWORD)
    subscriber.press("Delete my account")
    subscriber.expect_notice("Your account is deleted.")
    subscriber.look_at("25-deleted")
    subscriber.sign_in(NEW_PASSWORD)
    subscriber.expect_heading("Sign in")
    gone = get_user_model()._base_manager.get()
    assert not has_access(gone)
    assert (gone.get_username(), gone.email) == (pseudonym_of(gone.pk), "")
    assert reverse("login") in subscriber.visitor.page.url
