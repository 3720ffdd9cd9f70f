"""Reset of a forgotten password."""

from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.links import reset_url
from accounts.models import User
from tests.support.factories import make_account, make_user
from tests.support.mailbox import link_to
from tests.support.staff import sign_in
from tests.support.work import work_of

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "another battery staple"
ADDRESS = "ada@example.com"


@pytest.fixture
def ada() -> User:
    return make_account("ada", OLD, email=ADDRESS)


def ask(client: Client, address: str = ADDRESS) -> Any:
    return client.post(reverse("password_reset"), {"email": address})


def choose(client: Client, link: str, password: str = NEW) -> Any:
    """Open the link, and submit the form to which it redirects."""
    form = client.get(link)
    return client.post(form.headers["Location"], {"new_password1": password, "new_password2": password})


def test_forgotten_password_is_replaced_by_the_link_of_a_mail(client: Client, ada: User) -> None:
    assert ask(client, "ADA@example.com").headers["Location"] == reverse("password_reset_sent")
    shown = client.get(reverse("password_reset_sent")).content.decode()
    assert "If there is an account with the address ADA@example.com, a mail is on its way." in shown
    assert choose(client, link_to("ADA@example.com")).headers["Location"] == reverse("login")
    assert "Sign in with the new one." in client.get(reverse("login")).content.decode()
    assert client.login(username="ada", password=NEW)


def test_earlier_sessions_end_with_the_reset(page: Client, client: Client) -> None:
    User.objects.update(password=make_account("other", OLD).password)
    browser = Client()
    browser.login(username="ada", password=OLD)
    ask(Client())
    choose(Client(), link_to(ADDRESS))
    assert browser.get(reverse("subscriptions")).status_code == 302


def test_browser_that_nobody_is_signed_in_to_keeps_its_session(client: Client, ada: User) -> None:
    client.post(reverse("set_language"), {"language": "de"})
    ask(client)
    choose(client, link_to(ADDRESS))
    assert client.get(reverse("login")).headers["Content-Language"] == "de"


def test_request_says_and_costs_the_same_for_any_address(ada: User) -> None:
    make_user(email="off@example.com", is_active=False)
    make_user(email="none@example.com", password=UNUSABLE_PASSWORD_PREFIX)

    def texts(client: Client, address: str) -> list[str]:
        answer = ask(client, address)
        shown = client.get(reverse("password_reset_sent")).content.decode().replace(address, "")
        return [answer.headers["Location"], shown.partition("<main")[2].partition("<form")[0]]

    addresses = [ADDRESS, "off@example.com", "none@example.com", "unknown@example.com"]
    works = [work_of(partial(texts, address=address)) for address in addresses]
    assert [(work.texts, work.statements, work.hashes) for work in works] == [
        (works[0].texts, works[0].statements, works[0].hashes)
    ] * 4
    assert [work.mails for work in works] == [[("password_reset", address)] for address in addresses]


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": UNUSABLE_PASSWORD_PREFIX}, {"email": ""}])
def test_account_that_cannot_be_entered_gets_no_mail(client: Client, ada: User, fields: dict[str, Any]) -> None:
    User.objects.update(**fields)
    ask(client)
    assert mail.outbox == []


def test_of_two_accounts_with_the_address_the_one_in_use_is_reset(client: Client, ada: User) -> None:
    used = make_account("used", OLD, email=ADDRESS, exempt_from_uniqueness=True)
    client.login(username="used", password=OLD)
    client.logout()
    ask(client)
    assert "Choose a new password for used" in mail.outbox[0].body
    choose(client, link_to(ADDRESS))
    used.refresh_from_db()
    assert used.check_password(NEW)


def test_owner_gets_three_mails_an_hour_whoever_asks(ada: User) -> None:
    assert {ask(Client()).status_code for _ in range(28)} == {302}
    assert len(mail.outbox) == 3
    assert choose(Client(), link_to(ADDRESS)).status_code == 302


def test_mail_is_in_the_language_of_the_page(client: Client, ada: User) -> None:
    client.post(reverse("set_language"), {"language": "de"})
    ask(client)
    assert mail.outbox[0].subject == "Abonnements: Neues Passwort wählen"


def test_link_works_once(client: Client, ada: User) -> None:
    ask(client)
    link = link_to(ADDRESS)
    choose(client, link)
    answer = Client().get(link)
    assert answer.status_code == 410
    assert "It has expired or was used already" in answer.content.decode()


def test_link_is_not_for_somebody_signed_in_to_another_account(client: Client, ada: User) -> None:
    ask(client)
    bob = sign_in(make_user(username="bob"))
    form = bob.get(link_to(ADDRESS))
    typed = {"new_password1": NEW, "new_password2": NEW}
    for answer in (bob.get(form.headers["Location"]), bob.post(form.headers["Location"], typed)):
        shown = answer.content.decode()
        assert "This link belongs to another account, and you are signed in as bob." in shown
        assert "new_password1" not in shown
    assert User.objects.get(username="ada").check_password(OLD)


def test_forged_link_tells_nobody_who_is_signed_in_of_an_account(ada: User) -> None:
    bob = sign_in(make_user(username="bob"))
    forged = reset_url(ada).removeprefix("http://127.0.0.1:8000")[:-3] + "/"
    assert bob.get(forged).status_code == 410


def test_link_changes_the_password_of_whoever_is_signed_in_to_its_account(ada: User) -> None:
    owner = sign_in(ada)
    ask(owner)
    assert choose(owner, link_to(ADDRESS)).headers["Location"] == reverse("login")
    assert User.objects.get(username="ada").check_password(NEW)


def test_link_expires_after_an_hour(client: Client, ada: User) -> None:
    with time_machine.travel("2026-12-01T12:00Z", tick=False):
        ask(client)
    link = link_to(ADDRESS)
    with time_machine.travel("2026-12-01T12:59Z", tick=False):
        assert Client().get(link).status_code == 302
    with time_machine.travel("2026-12-01T13:01Z", tick=False):
        assert Client().get(link).status_code == 410


@pytest.mark.parametrize("link", ["/password-reset/MQ/x-y/", "/password-reset/\u00e9/x/", "/password-reset/OTk5/x-y/"])
def test_forged_link_says_what_to_do(client: Client, ada: User, link: str) -> None:
    answer = client.get(link)
    assert answer.status_code == 410
    assert reverse("password_reset") in answer.content.decode()


def test_link_is_an_address_of_the_site(ada: User) -> None:
    *_, key, token, _ = reset_url(ada).split("/")
    assert reset_url(ada) == f"http://127.0.0.1:8000{reverse('choose_password', args=[key, token])}"


@pytest.mark.parametrize("address", ["", "nobody", "kunde@\u2603.example"])
def test_address_that_no_mail_can_reach_is_refused(client: Client, address: str) -> None:
    assert ask(client, address).status_code == 200
    assert mail.outbox == []


def test_page_of_the_mail_leads_to_the_form_if_nobody_asked_here(client: Client) -> None:
    assert client.get(reverse("password_reset_sent")).headers["Location"] == reverse("password_reset")
