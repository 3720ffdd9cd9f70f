"""Change of the e-mail address."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.links import CHANGE, change_url
from accounts.mails import CHANGE_ADDRESS
from accounts.models import User
from foundation import clock
from foundation.mail import mail_kind
from tests.support.factories import make_account, make_user, user_page
from tests.support.mailbox import link_to
from tests.support.staff import begin_anew, sign_in
from tests.support.work import work_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
OLD, NEW = "ada@example.com", "new@example.com"


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, email=OLD)


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def ask(page: Client, address: str = NEW, password: str = PASSWORD) -> Any:
    return page.post(reverse("address"), {"address": address, "password": password})


def address_of_ada() -> str:
    return User.objects.get(username="ada").email


def path_of(url: str) -> str:
    return urlsplit(url).path


def test_address_changes_once_it_is_confirmed_and_the_old_one_is_told(page: Client) -> None:
    assert "We have sent a mail to new@example.com." in ask(page).content.decode()
    link = link_to(NEW)
    assert "Your mails will go to new@example.com." in page.get(link).content.decode()
    assert address_of_ada() == OLD
    assert page.post(link).headers["Location"] == reverse("account")
    assert address_of_ada() == NEW
    assert mail.outbox[-1].to == [OLD]
    assert mail.outbox[-1].subject == "Subscriptions: Your address has changed"
    assert NEW not in mail.outbox[-1].body


def test_link_may_be_opened_in_another_browser(page: Client) -> None:
    ask(page)
    assert Client().post(link_to(NEW)).status_code == 302
    assert address_of_ada() == NEW


@pytest.mark.parametrize("method", ["get", "post"])
def test_link_is_not_for_somebody_signed_in_to_another_account(page: Client, method: str) -> None:
    ask(page)
    link, bob = link_to(NEW), sign_in(make_user(username="bob", email="bob@example.com"))
    answer = getattr(bob, method)(link)
    shown = answer.content.decode()
    assert "This link belongs to another account, and you are signed in as bob." in shown
    assert reverse("logout") in shown
    assert NEW not in shown
    assert address_of_ada() == OLD
    bob.post(reverse("logout"))
    assert bob.post(link).status_code == 302
    assert address_of_ada() == NEW


def test_link_that_does_not_work_says_so_whoever_is_signed_in(page: Client) -> None:
    ask(page)
    link, bob = link_to(NEW), sign_in(make_user(username="bob"))
    User.objects.filter(username="ada").update(is_active=False)
    assert bob.get(link).status_code == 410


def test_wrong_password_changes_nothing(page: Client) -> None:
    assert "This is not your password." in ask(page, password="wrong").content.decode()
    assert mail.outbox == []


def test_account_without_a_password_needs_a_fresh_sign_in(client: Client) -> None:
    user = make_user(username="ada", email=OLD)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert "Sign out and in again" in ask(client).content.decode()
    assert mail.outbox == []
    begin_anew(client, user)
    ask(client)
    client.post(link_to(NEW))
    assert address_of_ada() == NEW


def test_of_two_changes_the_first_that_is_confirmed_counts(page: Client) -> None:
    ask(page, "first@example.com")
    ask(page, "second@example.com")
    assert page.post(link_to("second@example.com")).status_code == 302
    answer = page.post(link_to("first@example.com"))
    assert answer.status_code == 410
    assert "what it was for has changed since" in answer.content.decode()
    assert address_of_ada() == "second@example.com"


def test_link_of_a_change_that_another_one_ended_stays_ended(page: Client, ada: User) -> None:
    """Also if the account comes back to the address that it had when the link was made."""
    stale = path_of(change_url(ada, "third@example.com"))
    for address in (NEW, OLD):
        ada = User.objects.get()
        assert page.post(path_of(change_url(ada, address))).status_code == 302
    assert address_of_ada() == OLD
    assert Client().post(stale).status_code == 410
    assert address_of_ada() == OLD
    assert Client().post(path_of(change_url(User.objects.get(), NEW))).status_code == 302


def test_link_ends_with_a_change_by_staff(page: Client, ada: User) -> None:
    stale = path_of(change_url(ada, NEW))
    clerk = sign_in(make_user(is_staff=True, is_superuser=True))
    form = {"username": "ada", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
    for address in ("typed@example.com", OLD):
        answer = clerk.post(reverse(user_page("change"), args=[ada.pk]), form | {"email": address})
        assert answer.status_code == 302
        assert address_of_ada() == address
    assert Client().post(stale).status_code == 410


def test_link_of_a_mail_from_before_the_count_of_changes_works(page: Client, ada: User) -> None:
    state = salted_hmac(CHANGE, f"{OLD} {ada.password}", algorithm="sha256").hexdigest()[:32]
    token = signing.dumps([str(ada.pk), NEW, state], salt=CHANGE)
    assert page.post(reverse("confirm_address", args=[token])).status_code == 302


def test_changed_password_ends_the_link(page: Client, ada: User) -> None:
    ask(page)
    ada.set_password("another battery staple")
    ada.save()
    assert Client().post(link_to(NEW)).status_code == 410


def test_deactivated_account_keeps_its_address(page: Client) -> None:
    ask(page)
    User.objects.update(is_active=False)
    assert Client().post(link_to(NEW)).status_code == 410


def test_request_says_and_costs_the_same_for_an_address_that_another_account_has(ada: User) -> None:
    def visit(client: Client) -> list[str]:
        client.force_login(ada)
        return [ask(client).content.decode().partition("<main")[2].partition("<form")[0]]

    first = work_of(visit)
    make_user(email=NEW)
    assert work_of(visit) == first


def test_address_of_another_account_gets_no_mail_and_is_not_taken(page: Client, ada: User) -> None:
    make_user(email="NEW@example.com")
    ask(page)
    assert mail.outbox == []
    assert page.post(change_url(ada, NEW).removeprefix("http://127.0.0.1:8000")).status_code == 410
    assert address_of_ada() == OLD


def test_stranger_gets_three_mails_a_day_from_changes_and_sign_ups_together(page: Client) -> None:
    for _ in range(5):
        ask(page)
    fields = {"username": "x", "email": NEW, "password1": PASSWORD, "password2": PASSWORD}
    Client().post(reverse("sign_up"), fields)
    assert len(mail.outbox) == 3


def test_owner_of_an_address_that_strangers_ask_for_opens_an_account_by_their_link(page: Client) -> None:
    for _ in range(3):
        ask(page)
    owner = Client()
    assert "Open an account of your own" in owner.get(link_to(NEW)).content.decode()
    assert "Open an account of your own" not in page.get(link_to(NEW)).content.decode()
    User.objects.update(is_active=False)
    gone = owner.get(link_to(NEW))
    assert gone.status_code == 410
    link = re.search(r'href="(http://127.0.0.1:8000/sign-up/[^"]+)"', gone.content.decode())
    assert link is not None
    chosen = {"username": "owner", "password1": PASSWORD, "password2": PASSWORD}
    assert owner.post(link[1].removeprefix("http://127.0.0.1:8000"), chosen).status_code == 302
    assert User.objects.get(username="owner").email == NEW


def test_used_link_opened_again_offers_to_sign_in_and_no_second_account(page: Client) -> None:
    ask(page)
    page.post(link_to(NEW))
    again = Client().get(link_to(NEW)).content.decode()
    assert f'href="{reverse("login")}"' in again
    assert "Open an account of your own" not in again


def test_link_to_an_address_that_another_account_has_taken_asks_for_no_confirmation(page: Client) -> None:
    ask(page)
    make_user(email=NEW.upper())
    taken = Client().get(link_to(NEW))
    assert taken.status_code == 410
    assert "Confirm the address" not in taken.content.decode()
    assert "Open an account of your own" not in taken.content.decode()


def test_mail_of_a_change_whose_account_is_gone_opens_an_account(ada: User) -> None:
    rendered = mail_kind(CHANGE_ADDRESS).render(NEW, str(ada.pk + 1), clock.now())
    assert rendered is not None
    assert "/sign-up/" in rendered.complete().text


def test_link_is_an_address_of_the_site(ada: User) -> None:
    token = change_url(ada, NEW).split("/")[-2]
    assert change_url(ada, NEW) == f"http://127.0.0.1:8000{reverse('confirm_address', args=[token])}"


@pytest.mark.parametrize("token", ["x", "set", "\u00e9"])
def test_forged_link_is_unknown(client: Client, token: str) -> None:
    assert client.post(f"/account/address/{token}/").status_code == 404
