"""Signing up, confirming the address, and signing out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.account_opening import open_account
from accounts.forms import CompletionForm, PendingForm
from accounts.links import CONFIRMATION_LIFETIME, UsedLink, sign_up_url
from accounts.models import User
from tests.support.explain import plan_of
from tests.support.factories import EMAIL, NAME, NOW, as_named, make_account, make_user
from tests.support.mailbox import link_to
from tests.support.patience import PATIENCE_SECONDS
from tests.support.work import Work, work_of

PASSWORD = "correct horse battery"
ADDRESS = "grace@example.com"
FIELDS = {"username": "grace", "email": "grace@EXAMPLE.com", "password1": PASSWORD, "password2": PASSWORD}
OWNER = {"username": "owner", "password1": "another battery staple", "password2": "another battery staple"}


def sign_up(client: Client, **fields: str) -> Any:
    return client.post(reverse("sign_up"), as_named(**FIELDS | fields))


def test_sign_up_opens_an_account_once_its_address_is_confirmed(client: Client, db: None) -> None:
    assert sign_up(client).headers["Location"] == reverse("sign_up_sent")
    assert "We have sent a mail to grace@example.com." in client.get(reverse("sign_up_sent")).content.decode()
    assert not get_user_model().objects.exists()

    link = link_to(ADDRESS)
    assert "Your account will have the address grace@example.com." in client.get(link).content.decode()
    assert not get_user_model().objects.exists()
    assert client.post(link).headers["Location"] == reverse("plans")

    account = get_user_model().objects.get()
    assert getattr(account, EMAIL) == ADDRESS
    assert account.check_password(PASSWORD)
    assert "Sign out" in client.get(reverse("plans")).content.decode()


def test_sign_up_goes_on_to_where_one_wanted_to_go(client: Client, db: None) -> None:
    sign_up(client, next="/subscribe/1/")
    assert client.post(link_to(ADDRESS)).headers["Location"] == "/subscribe/1/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)", "\x00"]
)
def test_sign_up_goes_nowhere_else(client: Client, db: None, elsewhere: str) -> None:
    sign_up(client, next=elsewhere)
    assert client.post(link_to(ADDRESS)).headers["Location"] == reverse("plans")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"username": "ADA"}, "A user with that username already exists."),
        ({"username": "x" * 151}, "at most 150 characters"),
        ({"username": "a\x00b"}, "Null characters are not allowed"),
        ({"username": "ada@example.com"}, "A user name has no @."),
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
    assert mail.outbox == []


@pytest.mark.parametrize("address", ["kunde@\u2603.example", "bob@\u05d0a.com", "a@" + "\u00fc" * 60 + ".de"])
def test_sign_up_refuses_an_address_that_no_mail_can_reach(client: Client, db: None, address: str) -> None:
    assert "Enter a valid email address." in sign_up(client, email=address).content.decode()
    assert mail.outbox == []


def test_address_is_kept_in_the_letters_of_its_language(client: Client, db: None) -> None:
    sign_up(client, email="Kunde@XN--FA-HIA.example")
    client.post(link_to("Kunde@fa\u00df.example"))
    assert User.objects.get().email == "Kunde@fa\u00df.example"


def test_mail_holds_nothing_that_the_visitor_typed(client: Client, db: None) -> None:
    sign_up(client, username="visit-evil.example.com", next="/subscribe/7/")
    (sent,) = mail.outbox
    whole = str(sent.message())
    assert "evil" not in whole
    assert "/subscribe/" not in whole
    assert sent.subject == "Subscriptions: Confirm your address"


def test_mail_is_in_the_language_of_the_page(client: Client, db: None) -> None:
    client.post(reverse("set_language"), {"language": "de"})
    sign_up(client)
    assert mail.outbox[0].subject == "Abonnements: Bestätigen Sie Ihre Adresse"


def test_mail_is_sent_again_on_request(client: Client, db: None) -> None:
    sign_up(client)
    answer = client.post(reverse("sign_up_sent"))
    assert "another mail is on its way" in answer.content.decode()
    assert len(mail.outbox) == 2
    assert client.post(link_to(ADDRESS)).status_code == 302


def session_end(client: Client) -> datetime:
    return Session.objects.get(pk=client.session.session_key).expire_date


def test_what_was_typed_is_kept_as_long_as_the_newest_link_is_valid(client: Client, db: None) -> None:
    with time_machine.travel(NOW, tick=False) as travel:
        sign_up(client)
        assert session_end(client) == NOW + CONFIRMATION_LIFETIME
        assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == CONFIRMATION_LIFETIME.total_seconds()
        travel.shift(timedelta(days=1))
        client.post(reverse("sign_up_sent"))
        assert session_end(client) == NOW + timedelta(days=1) + CONFIRMATION_LIFETIME


def test_session_of_a_new_account_lasts_as_others_do(client: Client, db: None) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_up(client)
        client.post(link_to(ADDRESS))
        assert session_end(client) == NOW + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def test_sign_in_to_another_account_forgets_what_was_typed(client: Client, db: None) -> None:
    known("known@example.com")
    with time_machine.travel(NOW, tick=False):
        sign_up(client)
        client.post(reverse("login"), {"username": "known", "password": PASSWORD})
        assert "pending_sign_up" not in client.session
        assert session_end(client) == NOW + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def test_page_of_the_mail_leads_to_the_form_if_nobody_signed_up_here(client: Client, db: None) -> None:
    assert client.get(reverse("sign_up_sent")).headers["Location"] == reverse("sign_up")


def test_sign_in_page_reminds_of_the_mail(client: Client, db: None) -> None:
    sign_up(client)
    shown = client.get(reverse("login")).content.decode()
    assert "You have signed up with grace@example.com. Open the link of our mail first." in shown


def test_stranger_gets_three_mails_of_28_sign_ups(db: None) -> None:
    answers = {sign_up(Client(), username=f"bot{number}").status_code for number in range(28)}
    assert answers == {302}
    assert len(mail.outbox) == 3


def known(address: str = ADDRESS) -> None:
    make_account("known", PASSWORD, email=address)


def deactivated() -> None:
    make_account("known", PASSWORD, email=ADDRESS, is_active=False)


def unknown() -> None:
    return


@pytest.mark.parametrize("account", [known, deactivated])
def test_sign_up_says_and_costs_the_same_for_a_known_address(db: None, account: Callable[[], None]) -> None:
    def visit(client: Client) -> list[str]:
        answer = sign_up(client)
        sent = client.get(reverse("sign_up_sent"))
        return [str(answer.status_code), answer.headers["Location"], sent.content.decode().partition("<main")[2]]

    first = work_of(visit)
    account()
    second = work_of(visit)
    assert without_token(first) == without_token(second)


def without_token(work: Work) -> Work:
    """Return the work with the texts up to the form, whose token differs."""
    return work.with_texts([text.partition("<form")[0] for text in work.texts])


def test_owner_of_a_known_address_is_told(client: Client, db: None) -> None:
    known()
    sign_up(client)
    (sent,) = mail.outbox
    assert sent.subject == "Subscriptions: You have an account already"
    assert link_to(ADDRESS) == reverse("login")
    assert get_user_model().objects.count() == 1


def test_owner_of_a_deactivated_account_is_told_so(client: Client, db: None) -> None:
    deactivated()
    sign_up(client)
    assert "It is deactivated. Please contact us." in mail.outbox[0].body


def test_squatter_keeps_nobody_out_and_gets_no_way_in(db: None) -> None:
    squatter, owner = Client(), Client()
    squat = "staple battery another"
    for _ in range(3):
        sign_up(squatter, password1=squat, password2=squat)
    link = link_to(ADDRESS)

    sign_up(owner, username="owner")
    assert len(mail.outbox) == 3
    assert owner.post(link).status_code == 302

    account = get_user_model().objects.get()
    assert account.get_username() == "owner"
    assert squatter.post(link).status_code == 410
    for name in ("grace", "owner", ADDRESS):
        assert squatter.post(reverse("login"), {"username": name, "password": squat}).status_code == 200
    assert squatter.get(reverse("account")).status_code == 302
    assert Client().post(reverse("login"), {"username": "owner", "password": PASSWORD}).status_code == 302
    assert get_user_model().objects.count() == 1


def test_another_browser_chooses_name_and_password_anew(db: None) -> None:
    sign_up(Client())
    phone = Client()
    link = link_to(ADDRESS)
    assert 'name="password1"' in phone.get(link).content.decode()
    assert phone.post(link).status_code == 200
    assert phone.post(link, OWNER | {"password2": "mistyped"}).status_code == 200
    assert not get_user_model().objects.exists()
    assert phone.post(link, OWNER).headers["Location"] == reverse("plans")
    account = get_user_model().objects.get()
    assert (account.get_username(), account.check_password(OWNER["password1"])) == ("owner", True)


def test_name_that_was_taken_meanwhile_is_chosen_anew(client: Client, db: None) -> None:
    sign_up(client)
    make_user(username="GRACE")
    link = link_to(ADDRESS)
    assert 'name="username"' in client.post(link).content.decode()
    assert client.post(link, OWNER).status_code == 302
    assert get_user_model().objects.get(username="owner").email == ADDRESS


def test_link_that_was_used_says_what_to_do(client: Client, db: None) -> None:
    sign_up(client)
    link = link_to(ADDRESS)
    client.post(link)
    for method in (client.get, client.post, Client().get, Client().post):
        answer = method(link)
        assert answer.status_code == 410
        assert "It was used already" in answer.content.decode()
    assert get_user_model().objects.count() == 1


def test_link_expires_after_three_days(client: Client, db: None) -> None:
    with time_machine.travel("2026-12-01T12:00Z", tick=False):
        sign_up(client)
    link = link_to(ADDRESS)
    with time_machine.travel("2026-12-04T11:59Z", tick=False):
        assert Client().get(link).status_code == 200
    with time_machine.travel("2026-12-04T12:01Z", tick=False):
        answer = Client().get(link)
    assert answer.status_code == 410
    assert "It has expired." in answer.content.decode()


CHANGES: list[Callable[[str], str]] = [
    lambda link: f"{link[:-3]}/",
    lambda link: "/sign-up/x/",
    lambda link: "/sign-up/\u00e9/",
]


@pytest.mark.parametrize("change", CHANGES)
def test_forged_link_is_unknown(client: Client, db: None, change: Callable[[str], str]) -> None:
    answer = client.get(change(sign_up_url(ADDRESS).removeprefix("http://127.0.0.1:8000")))
    assert answer.status_code == 404
    assert "Copy the whole link" in answer.content.decode()


def test_link_of_a_sign_up_is_not_for_somebody_signed_in(page: Client) -> None:
    link = sign_up_url(ADDRESS).removeprefix("http://127.0.0.1:8000")
    assert "you are signed in as ada" in page.post(link).content.decode()
    assert get_user_model().objects.count() == 1


def test_link_is_an_address_of_the_site(db: None) -> None:
    token = sign_up_url(ADDRESS).split("/")[-2]
    assert sign_up_url(ADDRESS) == f"http://127.0.0.1:8000{reverse('confirm_sign_up', args=[token])}"


def test_name_taken_since_it_was_validated_is_an_error_on_the_form(db: None) -> None:
    form = PendingForm(ADDRESS, {"username": "grace"})
    assert form.is_valid()
    make_user(username="grace")
    assert form.create_account("!") is None
    assert form.errors == {"username": ["A user with that username already exists."]}


@pytest.mark.postgresql
@pytest.mark.parametrize(("field", "index"), [(NAME, "user_by_name"), (EMAIL, "user_by_email")])
def test_index_tells_what_is_free_in_whatever_case(db: None, field: str, index: str) -> None:
    assert index in plan_of(get_user_model().objects.filter(**{f"{field}__iexact": "ada"}))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("grace", "other"), ("grace", "grace")], ids=["two names", "a double click"])
def test_two_confirmations_at_once_open_one_account(names: tuple[str, str]) -> None:
    """The constraint on addresses is dropped for the test, because other user models have none."""
    both_are_valid = Barrier(2)

    def confirm(name: str) -> User | type[UsedLink] | None:
        form = CompletionForm(ADDRESS, FIELDS | {"username": name})
        assert form.is_valid()
        both_are_valid.wait(timeout=PATIENCE_SECONDS)
        try:
            return open_account(form, ADDRESS, "!", NOW)
        except UsedLink:
            return UsedLink
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX user_email_unique")
    try:
        with ThreadPoolExecutor(2) as pool:
            opened = list(pool.map(confirm, names))
        assert opened.count(UsedLink) == 1
        assert get_user_model().objects.count() == 1
    finally:
        (constraint,) = [each for each in User._meta.constraints if each.name == "user_email_unique"]
        with connection.schema_editor() as editor:
            editor.add_constraint(User, constraint)


def test_signed_in_user_is_redirected_from_sign_up(page: Client) -> None:
    assert page.get(reverse("sign_up")).headers["Location"] == reverse("plans")
    sign_up(page)
    assert mail.outbox == []


def test_sign_out_takes_a_post(page: Client) -> None:
    assert page.get(reverse("logout")).status_code == 405
    assert page.post(reverse("logout")).headers["Location"] == reverse("plans")
    assert page.get(reverse("subscriptions")).status_code == 302


@pytest.mark.parametrize("name", ["logout", "login", "sign_up", "sign_up_sent", "password_reset", "set_language"])
def test_forms_want_their_token(db: None, name: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse(name), FIELDS)
    assert answer.status_code == 403
    assert "This page has expired" in answer.content.decode()
