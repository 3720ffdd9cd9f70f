"""Second factor of a sign-in."""

from binascii import unhexlify
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import two_factor
from accounts.links import reset_url
from accounts.models import User
from tests.support.factories import make_account
from tests.support.staff import begin_anew

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
ADMIN = "admin:index"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, email="ada@example.com", is_staff=True)


def code() -> str:
    """Return the code that the app shows now."""
    return f"{totp(unhexlify(TOTPDevice.objects.get().key), t0=0):06}"


def enter(browser: Client, page: str = "login", password: str = PASSWORD) -> Any:
    return browser.post(reverse(page), {"username": "ada", "password": password})


def set_up(browser: Client) -> list[str]:
    """Set up an app, and return the recovery codes."""
    browser.get(reverse("two_factor"))
    shown = browser.post(reverse("two_factor"), {"code": code(), "password": PASSWORD})
    return list(shown.context["codes"])


def second_step(browser: Client, typed: str) -> Any:
    return browser.post(reverse("second_step"), {"code": typed})


@pytest.fixture
def protected(ada: User, clock: time_machine.Traveller) -> list[str]:
    """Let Ada set up an app a minute ago. Return the recovery codes."""
    browser = Client()
    enter(browser)
    codes = set_up(browser)
    clock.shift(timedelta(minutes=1))
    return codes


@pytest.fixture
def unverified(protected: list[str], ada: User) -> Client:
    """Return a browser with a session that has not shown the second factor."""
    ada.refresh_from_db()
    browser = Client()
    browser.force_login(ada)
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(reverse("subscriptions")).status_code == 200


def test_app_is_set_up_with_a_picture_a_key_and_a_code(ada: User) -> None:
    browser = Client()
    enter(browser)
    shown = browser.get(reverse("two_factor")).content.decode()
    assert "<svg" in shown
    assert f"<code>{browser.get(reverse('two_factor')).context['secret']}</code>" in shown
    answer = browser.post(reverse("two_factor"), {"code": "000000", "password": PASSWORD})
    assert "This code is not valid." in answer.content.decode()
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_sign_in_asks_for_the_code(protected: list[str]) -> None:
    browser = Client()
    assert enter(browser).headers["Location"] == reverse("second_step")
    assert not is_in(browser)
    assert second_step(browser, code()).headers["Location"] == reverse("subscriptions")
    assert is_in(browser)


def test_admin_asks_for_the_code_too(protected: list[str]) -> None:
    browser = Client()
    assert enter(browser, "admin:login").headers["Location"] == reverse("second_step")
    assert browser.get(reverse(ADMIN)).status_code == 302
    assert second_step(browser, code()).headers["Location"] == reverse(ADMIN)
    assert browser.get(reverse(ADMIN)).status_code == 200


def test_code_works_once(protected: list[str]) -> None:
    first, second = Client(), Client()
    enter(first)
    enter(second)
    used = code()
    assert second_step(first, used).status_code == 302
    assert second_step(second, used).status_code == 200


def test_each_recovery_code_works_once(protected: list[str]) -> None:
    assert len(set(protected)) == 10
    for status in (302, 200):
        browser = Client()
        enter(browser)
        assert second_step(browser, f" {protected[0].upper()} ").status_code == status
    assert StaticToken.objects.count() == 9


def test_recovery_code_of_digits_alone_is_none_of_the_app(protected: list[str]) -> None:
    """Recovery codes have eight of the letters a to z and the digits 2 to 7."""
    StaticToken.objects.filter(token=protected[0]).update(token="23456723")
    browser = Client()
    enter(browser)
    assert second_step(browser, "23456723").status_code == 302
    assert TOTPDevice.objects.get().throttling_failure_count == 0


def test_codes_cannot_be_guessed_in_a_row(protected: list[str]) -> None:
    browser = Client()
    enter(browser)
    second_step(browser, "000000")
    second_step(browser, "000001")
    assert second_step(browser, code()).status_code == 200


LONGEST_WAIT = timedelta(seconds=2048)
"""Time after which a right code is taken, whatever was guessed before."""


@pytest.fixture
def owner(protected: list[str], clock: time_machine.Traveller) -> Client:
    """Return a browser that Ada has entered with both factors, and signed out of."""
    browser = Client()
    enter(browser)
    assert second_step(browser, code()).status_code == 302
    browser.post(reverse("logout"))
    clock.shift(timedelta(minutes=1))
    return browser


def guess_twenty(clock: time_machine.Traveller, wrong: str = "000000") -> None:
    """Let a stranger who has the password type twenty wrong codes, each after the wait for the one before."""
    for number in range(20):
        clock.shift(timedelta(seconds=max(60, 2**number)))
        stranger = Client()
        enter(stranger)
        assert second_step(stranger, wrong).status_code == 200


@pytest.mark.parametrize("wrong", ["000000", "aaaaaaaa"], ids=["app", "recovery"])
def test_wrong_codes_of_others_do_not_lock_out_a_known_device(
    owner: Client, protected: list[str], clock: time_machine.Traveller, wrong: str
) -> None:
    guess_twenty(clock, wrong)
    enter(owner)
    right = code() if wrong.isdecimal() else protected[0]
    assert second_step(owner, right).headers["Location"] == reverse("subscriptions")


def test_wrong_codes_of_others_do_not_keep_a_known_device_from_verifying_its_session(
    owner: Client, ada: User, clock: time_machine.Traveller
) -> None:
    guess_twenty(clock)
    ada.refresh_from_db()
    owner.force_login(ada)
    assert owner.post(reverse("two_factor"), {"code": code()}).headers["Location"] == reverse("two_factor")


@pytest.mark.parametrize("wrong", ["000000", "aaaaaaaa"], ids=["app", "recovery"])
def test_wait_after_wrong_codes_has_an_end(protected: list[str], clock: time_machine.Traveller, wrong: str) -> None:
    guess_twenty(clock, wrong)
    browser = Client()
    for wait, status in ((LONGEST_WAIT - timedelta(minutes=1), 200), (timedelta(minutes=1), 302)):
        clock.shift(wait)
        enter(browser)
        right = code() if wrong.isdecimal() else protected[0]
        assert second_step(browser, right).status_code == status


def test_wrong_code_of_a_known_device_counts_for_others(owner: Client) -> None:
    enter(owner)
    second_step(owner, "000000")
    stranger = Client()
    enter(stranger)
    assert second_step(stranger, code()).status_code == 200
    assert second_step(owner, code()).status_code == 302


def test_browser_that_reset_the_password_waits_after_wrong_codes(protected: list[str], ada: User) -> None:
    """The mailbox alone does not make it a browser that has shown the second factor."""
    browser, new = Client(), "another battery staple"
    ada.refresh_from_db()
    form = browser.get(urlsplit(reset_url(ada)).path).headers["Location"]
    browser.post(form, {"new_password1": new, "new_password2": new})
    enter(browser, password=new)
    second_step(browser, "000000")
    assert second_step(browser, code()).status_code == 200


@pytest.mark.parametrize("page", ["change_password", "sessions"])
def test_session_without_the_second_factor_makes_no_browser_that_has_shown_it(unverified: Client, page: str) -> None:
    typed = dict.fromkeys(["password", "old_password", "new_password1", "new_password2"], PASSWORD)
    assert unverified.post(reverse(page), typed).status_code == 302
    unverified.post(reverse("two_factor"), {"code": "000000"})
    assert unverified.post(reverse("two_factor"), {"code": code()}).status_code == 200


def test_browser_that_verified_its_session_is_known(unverified: Client, clock: time_machine.Traveller) -> None:
    assert unverified.post(reverse("two_factor"), {"code": code()}).status_code == 302
    unverified.post(reverse("logout"))
    guess_twenty(clock)
    enter(unverified)
    assert second_step(unverified, code()).status_code == 302


def test_guesses_of_others_do_not_stop_a_known_device_at_the_second_step(
    protected: list[str], clock: time_machine.Traveller, settings: Any
) -> None:
    owner = Client()
    enter(owner)
    second_step(owner, code())
    owner.post(reverse("logout"))
    clock.shift(timedelta(minutes=1))
    settings.SIGN_INS_PER_MINUTE_AND_NAME, settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 3, 4
    assert [enter(Client(), password="guess").status_code for _ in range(5)][-1] == 429
    assert Client().post(reverse("login"), {"username": "grace"}).status_code == 429
    assert enter(owner).headers["Location"] == reverse("second_step")
    assert second_step(owner, code()).headers["Location"] == reverse("subscriptions")


def test_codes_are_not_guessed_from_many_addresses(protected: list[str], settings: Any) -> None:
    """Each counts for the account that waits for it, whatever name is typed along."""
    make_account("grace", PASSWORD)
    browser = Client()
    browser.post(reverse("login"), {"username": "grace", "password": PASSWORD})
    browser.post(reverse("logout"))
    settings.SIGN_INS_PER_MINUTE_AND_NAME = 3
    enter(browser)
    guess = {"code": "000000", "username": "grace"}
    addresses = [f"192.0.2.{host}" for host in range(3)]
    told = [browser.post(reverse("second_step"), guess, REMOTE_ADDR=address).status_code for address in addresses]
    assert told == [200, 200, 429]


def test_second_step_needs_the_first_within_ten_minutes(protected: list[str], clock: time_machine.Traveller) -> None:
    assert second_step(Client(), code()).headers["Location"] == reverse("login")
    browser = Client()
    enter(browser)
    clock.shift(timedelta(minutes=11))
    assert second_step(browser, code()).headers["Location"] == reverse("login")
    assert not is_in(browser)


def test_changed_password_ends_a_sign_in_half_way(protected: list[str], ada: User) -> None:
    browser = Client()
    enter(browser)
    ada.set_password("another battery staple")
    ada.save()
    assert second_step(browser, code()).headers["Location"] == reverse("login")


def test_it_is_turned_off_with_the_password(protected: list[str]) -> None:
    browser = Client()
    enter(browser)
    second_step(browser, code())
    assert browser.post(reverse("two_factor"), {"password": "wrong", "off": "1"}).status_code == 200
    assert TOTPDevice.objects.exists()
    assert browser.post(reverse("two_factor"), {"password": PASSWORD, "off": "1"}).status_code == 302
    assert enter(Client()).headers["Location"] == reverse("subscriptions")


def test_new_recovery_codes_replace_the_old_ones(protected: list[str]) -> None:
    browser = Client()
    enter(browser)
    second_step(browser, code())
    shown = browser.post(reverse("two_factor"), {"password": PASSWORD, "new_codes": "1"})
    assert set(shown.context["codes"]).isdisjoint(protected)
    assert StaticToken.objects.count() == 10


def test_staff_without_a_required_factor_are_led_to_its_set_up(ada: User, settings: Any) -> None:
    browser = Client()
    enter(browser)
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    for page in (ADMIN, "subscriptions", "account"):
        assert browser.get(reverse(page)).headers["Location"] == reverse("two_factor")
    assert browser.get("/api/v1/subscriptions").status_code == 403
    set_up(browser)
    assert browser.get(reverse(ADMIN)).status_code == 200
    assert browser.get("/api/v1/subscriptions").status_code == 200
    browser.post(reverse("two_factor"), {"password": PASSWORD, "off": "1"})
    assert TOTPDevice.objects.filter(confirmed=True).exists()


def test_session_without_the_second_factor_needs_it(unverified: Client, settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    assert unverified.get(reverse(ADMIN)).headers["Location"] == reverse("two_factor")


@pytest.mark.parametrize("wish", ["new_codes", "off"])
@pytest.mark.parametrize("required", [[], ["staff"]], ids=["optional", "required"])
def test_password_alone_changes_nothing_of_the_second_factor(
    unverified: Client, wish: str, required: list[str], settings: Any
) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = required
    kept = set(StaticToken.objects.values_list("token", flat=True))
    answer = unverified.post(reverse("two_factor"), {"password": PASSWORD, wish: "1"})
    assert "Enter a code to go on." in answer.content.decode()
    assert TOTPDevice.objects.filter(confirmed=True).exists()
    assert set(StaticToken.objects.values_list("token", flat=True)) == kept


def test_session_without_the_second_factor_goes_on_with_a_code(unverified: Client, settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    copied = Client()
    copied.cookies["sessionid"] = unverified.cookies["sessionid"].value
    assert unverified.post(reverse("two_factor"), {"code": "000000"}).status_code == 200
    assert unverified.get(reverse(ADMIN)).status_code == 302
    recovery_code = StaticToken.objects.all()[0].token
    assert unverified.post(reverse("two_factor"), {"code": recovery_code}).headers["Location"] == reverse("two_factor")
    assert unverified.get(reverse(ADMIN)).status_code == 200
    assert "Make new recovery codes" in unverified.get(reverse("two_factor")).content.decode()
    assert copied.get(reverse("account")).headers["Location"].startswith(reverse("login"))


def test_set_up_ends_the_other_sessions_and_keeps_this_one_listed(ada: User) -> None:
    here, there, unlisted = Client(), Client(), Client()
    enter(here)
    enter(there)
    unlisted.force_login(ada)
    set_up(here)
    assert [is_in(browser) for browser in (here, there, unlisted)] == [True, False, False]
    assert [session.is_this_one for session in here.get(reverse("sessions")).context["sessions"]] == [True]


@pytest.mark.parametrize("typed", [{}, {"password": "guessed"}])
def test_borrowed_session_sets_up_nothing_without_the_password(ada: User, typed: dict[str, str]) -> None:
    borrowed = Client()
    borrowed.force_login(ada)
    borrowed.get(reverse("two_factor"))
    borrowed.post(reverse("two_factor"), {"code": code()} | typed)
    assert not two_factor.has_second_factor(ada)
    assert enter(Client()).headers["Location"] == reverse("subscriptions")
    assert mail.outbox == []


def test_account_without_a_password_sets_it_up_in_a_session_that_has_just_begun(ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    browser = Client()
    browser.force_login(ada)
    browser.get(reverse("two_factor"))
    assert "Sign out and in again" in browser.post(reverse("two_factor"), {"code": code()}).content.decode()
    begin_anew(browser, ada)
    assert len(browser.post(reverse("two_factor"), {"code": code()}).context["codes"]) == 10
    assert is_in(browser)


def test_owner_is_told_of_every_change_and_no_mail_holds_a_secret(protected: list[str]) -> None:
    browser = Client()
    enter(browser)
    second_step(browser, code())
    key = TOTPDevice.objects.get().key
    new = browser.post(reverse("two_factor"), {"password": PASSWORD, "new_codes": "1"}).context["codes"]
    browser.post(reverse("two_factor"), {"password": PASSWORD, "off": "1"})
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [
        ("Subscriptions: Two-factor authentication is on", ["ada@example.com"]),
        ("Subscriptions: You have new recovery codes", ["ada@example.com"]),
        ("Subscriptions: Two-factor authentication is off", ["ada@example.com"]),
    ]
    sent = " ".join(str(told.message()) for told in mail.outbox)
    assert not [secret for secret in (key, PASSWORD, *protected, *new) if secret in sent]


@pytest.mark.usefixtures("protected")
def test_form_that_asks_for_nothing_turns_nothing_off() -> None:
    browser = Client()
    enter(browser)
    second_step(browser, code())
    assert browser.post(reverse("two_factor"), {"password": PASSWORD}).status_code == 200
    assert TOTPDevice.objects.exists()


def test_subscribers_may_go_without(settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    make_account("ada", PASSWORD)
    browser = Client()
    enter(browser)
    assert is_in(browser)


def test_set_up_goes_on_where_two_tabs_have_begun_it(ada: User) -> None:
    first, _second = (TOTPDevice.objects.create(user=ada, name="app", confirmed=False) for _tab in range(2))
    assert two_factor.device_to_confirm(ada) == first
