"""Passkeys in Chromium with its virtual authenticator. `test_passkeys` runs this module in a process of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential, WebAuthnUserHandle
from playwright.sync_api import Browser, CDPSession, expect

from accounts import two_factor
from accounts.erasure import erase_user
from accounts.models import SignIn, User
from examples.passkeys.views import FRESH
from infra.local.site import Site
from tests.browser.conftest import browser, chromium  # noqa: F401 - fixtures
from tests.browser.visitor import Visitor
from tests.support.factories import NOW, make_account
from tests.support.traffic import Traffic

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
ADD, SIGN_IN = "Add a passkey", "Sign in with a passkey"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/#type-VirtualAuthenticatorOptions"""


class Device:
    """Chromium's virtual authenticator."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        session.send("WebAuthn.enable")
        self._key = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        answer = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._key})
        found: list[dict[str, Any]] = answer["credentials"]
        return found

    def refuse_its_user(self) -> None:
        """Fail to recognize finger, face or PIN from now on."""
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._key, "isUserVerified": False})


@pytest.fixture
def visitor(browser: Browser, site: Site, traffic: Traffic, settings: Any) -> Iterator[Visitor]:  # noqa: F811
    """Yield a visitor of the site by a name, because a passkey belongs to none of its addresses."""
    url = site.url.replace("127.0.0.1", "localhost")
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [url]
    with browser.new_context(locale="en-GB", reduced_motion="reduce") as context:
        yield Visitor(context, url)


@pytest.fixture
def device(visitor: Visitor) -> Device:
    return Device(visitor.context.new_cdp_session(visitor.page))


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com")


def sign_in(visitor: Visitor) -> None:
    visitor.open("login")
    visitor.page.fill("main [name=username]", "ada")
    visitor.page.fill("main [name=password]", PASSWORD)
    visitor.click_in_content("Sign in")


def add_passkey(visitor: Visitor) -> None:
    visitor.open("passkeys")
    visitor.page.get_by_role("button", name=ADD).click()
    expect(visitor.page.get_by_role("button", name="Remove")).to_be_visible()


def sign_in_by_passkey(visitor: Visitor) -> None:
    visitor.open("login")
    visitor.page.get_by_role("button", name=SIGN_IN).click()


def test_passkey_is_added_and_signs_in_as_with_two_factors(visitor: Visitor, device: Device, ada: User) -> None:
    sign_in(visitor)
    visitor.open("account")
    visitor.click_in_content("Passkeys", role="link")
    visitor.photograph("passkeys-none")
    add_passkey(visitor)
    visitor.photograph("passkeys")
    visitor.click("Sign out")
    assert len(device.credentials()) == 1
    visitor.open("login")
    expect(visitor.page.get_by_role("button", name=SIGN_IN)).to_be_visible()
    visitor.photograph("passkeys-sign-in")
    visitor.page.get_by_role("button", name=SIGN_IN).click()
    expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
    newest = Session.objects.get(pk=SignIn.objects.order_by("-signed_in_at")[0].pk).get_decoded()
    assert newest["_auth_user_id"] == str(ada.pk)
    assert newest[two_factor.VERIFIED] is True
    assert "device" in {cookie["name"] for cookie in visitor.context.cookies()}
    assert visitor.troubles == []


def test_device_that_does_not_recognize_its_user_signs_nobody_in(visitor: Visitor, device: Device, ada: User) -> None:
    sign_in(visitor)
    add_passkey(visitor)
    visitor.click("Sign out")
    device.refuse_its_user()
    sign_in_by_passkey(visitor)
    expect(visitor.page.locator("#passkey-verification-status-message")).to_contain_text("not allowed")
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("change", ["removed", "of a deactivated account"])
def test_passkey_signs_nobody_in_once_it_is(change: str, visitor: Visitor, device: Device, ada: User) -> None:
    sign_in(visitor)
    add_passkey(visitor)
    if change == "removed":
        visitor.click_in_content("Remove")
        expect(visitor.page.get_by_text("You have no passkey yet.")).to_be_visible()
        visitor.click("Sign out")
    else:
        visitor.click("Sign out")
        User.objects.update(is_active=False)
    sign_in_by_passkey(visitor)
    expect(visitor.page.locator("#passkey-verification-status-message")).not_to_be_empty()
    assert visitor.page.url.endswith(reverse("login"))
    assert SignIn.objects.count() == 1


def begin(client: Client) -> Any:
    return client.post(reverse("otp_webauthn:credential-registration-begin"))


@pytest.fixture
def session(ada: User) -> Client:
    """Return Ada's browser, in which she has signed in by the page."""
    client = Client()
    client.post(reverse("login"), {"username": "ada", "password": PASSWORD})
    return client


def test_session_that_was_left_open_adds_no_passkey(session: Client) -> None:
    assert begin(session).status_code == 200
    SignIn.objects.update(signed_in_at=F("signed_in_at") - FRESH)
    answer = begin(session)
    assert answer.status_code == 403
    assert "within ten minutes" in answer.json()["detail"]


def test_second_factor_is_required_to_add_a_passkey_where_there_is_one(session: Client, ada: User) -> None:
    TOTPDevice.objects.create(user_id=ada.pk, confirmed=True, name="app")
    assert begin(session).json()["code"] == "user_not_verified"


def test_visitor_adds_none_and_nobody_removes_that_of_another(session: Client, ada: User) -> None:
    assert begin(Client()).status_code in {401, 403}
    other = make_account("grace", PASSWORD)
    foreign = WebAuthnCredential.objects.create(user=other, credential_id=b"1", public_key=b"1")
    session.post(reverse("passkeys"), {"passkey": foreign.pk})
    session.post(reverse("passkeys"), {"passkey": "none"})
    assert WebAuthnCredential.objects.get() == foreign


def test_answer_without_a_challenge_is_refused() -> None:
    answer = Client().post(
        reverse("otp_webauthn:credential-authentication-complete"), "{}", content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_state")


def test_passkeys_are_exported_and_erased(session: Client, ada: User) -> None:
    begin(session)
    WebAuthnCredential.objects.create(user=ada, credential_id=b"1", public_key=b"1")
    exported = json.loads(session.post(reverse("download_data")).content)
    assert len(exported["passkeys"]) == 1
    erase_user(ada.pk, NOW)
    assert not WebAuthnCredential.objects.exists()
    assert not WebAuthnUserHandle.objects.exists()


def test_checks_are_content() -> None:
    assert run_checks() == []
