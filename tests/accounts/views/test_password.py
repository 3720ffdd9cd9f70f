"""Change of the password, and the end of sessions."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from accounts.models import SignIn, User
from accounts.sessions import name_of
from accounts.tokens import make_token
from tests.support.factories import make_account, make_user
from tests.support.mailbox import link_to

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "another battery staple"


@pytest.fixture
def ada() -> User:
    return make_account("ada", OLD, email="ada@example.com")


def enter(agent: str = "Firefox") -> Client:
    """Return a browser that Ada has signed in with."""
    browser = Client(headers={"User-Agent": agent})
    assert browser.post(reverse("login"), {"username": "ada", "password": OLD}).status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(reverse("subscriptions")).status_code == 200


def change(browser: Client) -> Any:
    fields = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    return browser.post(reverse("change_password"), fields)


def test_changed_password_ends_other_sessions_and_the_owner_is_told(ada: User) -> None:
    here, there = enter(), enter()
    assert change(here).headers["Location"] == reverse("account")
    assert (is_in(here), is_in(there)) == (True, False)
    assert mail.outbox[-1].subject == "Subscriptions: Your password has changed"


def test_every_token_ends_with_a_changed_password_whoever_made_it(ada: User) -> None:
    _row, mine = make_token(ada, 1, personal=True)
    _row, by_staff = make_token(ada, 1)
    _row, before_details = AuthToken.objects.create(ada)
    assert statuses(mine, by_staff, before_details) == [200, 200, 200]
    change(enter())
    assert statuses(mine, by_staff, before_details) == [401, 401, 401]
    assert not AuthToken.objects.exists()


def test_service_account_keeps_its_tokens(ada: User) -> None:
    """It has no password: none is changed, and nobody resets one."""
    service = make_user(username="crm", email="crm@example.com")
    service.set_unusable_password()
    service.save()
    _row, token = make_token(service, 1)
    Client().post(reverse("password_reset"), {"email": "crm@example.com"})
    change(enter())
    assert mail.outbox[-1].to == ["ada@example.com"]
    service.set_unusable_password()
    service.save()
    assert statuses(token) == [200]


def statuses(*tokens: str) -> list[int]:
    """Return the statuses of API requests with these tokens."""
    return [Client().get("/api/v1/subscriptions", headers=bearer(token)).status_code for token in tokens]


def test_session_that_changes_the_password_stays_on_the_list(ada: User) -> None:
    browser = enter()
    change(browser)
    assert [session.is_this_one for session in browser.get(reverse("sessions")).context["sessions"]] == [True]


def test_sessions_that_a_changed_password_ends_leave_the_list(ada: User) -> None:
    here, there = enter("Firefox"), enter("Chrome")
    change(here)
    assert [session.browser for session in here.get(reverse("sessions")).context["sessions"]] == ["Firefox"]
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize("opened_by", ["owner's browser", "another browser"])
def test_sessions_that_a_reset_password_ends_leave_the_list(ada: User, opened_by: str) -> None:
    browsers = [enter("Firefox"), enter("Chrome")]
    Client().post(reverse("password_reset"), {"email": "ada@example.com"})
    browser = browsers[0] if opened_by == "owner's browser" else Client()
    form = browser.get(link_to("ada@example.com")).headers["Location"]
    answer = browser.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert answer.headers["Location"] == reverse("login")
    assert not SignIn.objects.exists()
    assert [is_in(each) for each in browsers] == [False, False]
    entered = browser.post(reverse("login"), {"username": "ada", "password": NEW}, follow=True)
    assert entered.status_code == 200
    assert [each.is_this_one for each in browser.get(reverse("sessions")).context["sessions"]] == [True]


def test_tokens_end_with_a_reset_password(ada: User) -> None:
    make_token(ada, 1, personal=True)
    AuthToken.objects.create(ada)
    Client().post(reverse("password_reset"), {"email": "ada@example.com"})
    browser = Client()
    form = browser.get(link_to("ada@example.com")).headers["Location"]
    browser.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert not AuthToken.objects.exists()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def test_sessions_are_listed_and_ended_one_by_one(ada: User) -> None:
    here, there = enter("Firefox"), enter("Chrome")
    shown = here.get(reverse("sessions"))
    assert [session.browser for session in shown.context["sessions"]] == ["Chrome", "Firefox"]
    other = shown.context["sessions"][0]
    here.post(reverse("sessions"), {"session": other.name})
    assert (is_in(here), is_in(there)) == (True, False)
    assert [session.browser for session in here.get(reverse("sessions")).context["sessions"]] == ["Firefox"]


def test_session_of_another_account_is_not_ended(ada: User) -> None:
    mine = enter()
    make_account("grace", OLD)
    grace = Client()
    grace.post(reverse("login"), {"username": "grace", "password": OLD})
    grace.post(reverse("sessions"), {"session": name_of(SignIn.objects.get(user=ada.pk).pk)})
    assert is_in(mine)


@pytest.mark.parametrize("session", ["", "x", "\u00e9"])
def test_session_that_is_none_is_ignored(page: Client, session: str) -> None:
    assert page.post(reverse("sessions"), {"session": session}).status_code == 302


def test_signing_out_everywhere_ends_sessions_that_no_list_has(ada: User) -> None:
    of_an_earlier_release = Client()
    of_an_earlier_release.force_login(ada)
    here, there = enter(), enter()
    token, _secret = make_token(ada, 1, personal=True)
    assert here.post(reverse("sessions"), {"password": "wrong"}).status_code == 200
    assert is_in(there)
    assert here.post(reverse("sessions"), {"password": OLD}).headers["Location"] == reverse("sessions")
    assert [is_in(browser) for browser in (here, there, of_an_earlier_release)] == [True, False, False]
    assert AuthToken.objects.filter(pk=token.pk).exists()
    assert enter()
