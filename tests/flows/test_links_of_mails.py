"""Links of account mails, from the page that asks for one to its use. No table, log or admin page holds one."""

import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from accounts.opened_link import COOKIE
from config import settings as config_settings
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Notification, State
from notifications.outbox.delivery import Delivery
from subscriptions.announcements import unlimited
from tests.support.database_search import tables_with
from tests.support.factories import EMAIL, as_named, make_account, make_user
from tests.support.log_lines import written_lines
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "grace@example.com"
OLD, NEW = "correct horse battery", "another battery staple"
CHOSEN = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture(autouse=True)
def mails_through_the_outbox(settings: Any, aws: LocalAWS) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND


@pytest.fixture
def operator(db: None) -> Client:
    return sign_in(make_user(username="root", email="root@example.com", is_staff=True, is_superuser=True))


def delivered_path(aws: LocalAWS, beginning: str) -> str:
    """Deliver, and return the path of the link in the newest mail."""
    Delivery(unlimited).run()
    newest = aws.mails()[-1]
    assert newest.recipients == [ADDRESS]
    path: str
    (path,) = {
        urlsplit(link).path for link in re.findall(rf"https?://[^/\s]+{beginning}[^/\s]+/\S*", newest.text("plain"))
    }
    return path


def admin_pages(operator: Client) -> Iterator[str]:
    """Yield the lists and the page of each row of every model that an operator sees."""
    operator.get(reverse("admin:index"))  # registers the models
    assert get_user_model() in admin.site._registry
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls = [reverse(f"{name}_changelist")]
        urls += [reverse(f"{name}_change", args=[row.pk]) for row in model._base_manager.all()]
        for url in urls:
            answer = operator.get(url)
            assert answer.status_code == HTTPStatus.OK, url
            yield answer.content.decode()


def places_with(secret: str, operator: Client, caplog: pytest.LogCaptureFixture) -> set[str]:
    """Return where the secret is found: tables, sessions, the log as it is deployed, pages of the admin."""
    found = set(tables_with([secret]))
    found |= {"admin"} if any(secret in shown for shown in admin_pages(operator)) else set()
    return found | ({"log"} if secret in written_lines(caplog) else set())


def test_link_of_a_reset_is_kept_nowhere(
    aws: LocalAWS, operator: Client, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make_account("grace", OLD, email=ADDRESS)
    assert client.post(reverse("password_reset"), {"email": ADDRESS}).status_code == HTTPStatus.FOUND
    link = delivered_path(aws, "/password-reset/")
    secret = link.split("/")[-2]
    assert Notification.objects.get().state == State.SENT
    assert places_with(secret, operator, caplog) == set()

    opened = client.get(link)
    form = opened.headers["Location"]
    assert secret not in form
    assert secret not in client.get(form).content.decode()
    assert places_with(secret, operator, caplog) == set()
    assert Client().get(form).status_code == HTTPStatus.GONE

    assert client.post(form, CHOSEN).headers["Location"] == reverse("login")
    assert places_with(secret, operator, caplog) == set()
    assert Client().get(link).status_code == client.post(form, CHOSEN).status_code == HTTPStatus.GONE
    assert client.login(username="grace", password=NEW)


def test_link_of_a_sign_up_is_kept_nowhere(
    aws: LocalAWS, operator: Client, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    typed = as_named(username="grace", email=ADDRESS, password1=OLD, password2=OLD)
    assert client.post(reverse("sign_up"), typed).status_code == HTTPStatus.FOUND
    link = delivered_path(aws, "/sign-up/")
    secret = link.split("/")[-2]
    assert Notification.objects.get().state == State.SENT
    assert places_with(secret, operator, caplog) == set()

    assert client.get(link).status_code == HTTPStatus.OK
    assert places_with(secret, operator, caplog) == set()

    assert client.post(link).headers["Location"] == reverse("plans")
    assert get_user_model()._base_manager.filter(**{EMAIL: ADDRESS}).count() == 1
    assert places_with(secret, operator, caplog) == set()
    assert Client().get(link).status_code == HTTPStatus.GONE


def test_link_of_a_change_of_address_is_kept_nowhere(
    aws: LocalAWS, operator: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    owner = sign_in(make_account("grace", OLD, email="grace.old@example.com"))
    assert owner.post(reverse("address"), {"address": ADDRESS, "password": OLD}).status_code == HTTPStatus.OK
    link = delivered_path(aws, "/account/address/")
    secret = link.split("/")[-2]
    assert Notification.objects.get().state == State.SENT
    assert places_with(secret, operator, caplog) == set()

    assert owner.get(link).status_code == HTTPStatus.OK
    assert places_with(secret, operator, caplog) == set()

    assert owner.post(link).headers["Location"] == reverse("account")
    assert get_user_model()._base_manager.filter(**{EMAIL: ADDRESS}).count() == 1
    assert places_with(secret, operator, caplog) == set()
    assert owner.get(link).status_code == Client().get(link).status_code == HTTPStatus.GONE


def test_search_finds_a_secret_wherever_it_is(operator: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "d5k7p1-0f9e8d7c6b5a"
    logging.getLogger("accounts").info("opened", extra={"token": secret})
    session = Client().session
    session["token"] = secret
    session.save()
    make_user(username=secret)
    assert places_with(secret, operator, caplog) >= {"decoded sessions", "admin", "log"}


def test_opened_link_is_kept_where_scripts_and_other_pages_do_not_get_it(client: Client, aws: LocalAWS) -> None:
    make_account("grace", OLD, email=ADDRESS)
    client.post(reverse("password_reset"), {"email": ADDRESS})
    link = delivered_path(aws, "/password-reset/")
    client.get(link)
    cookie = client.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (reverse("password_reset"), True, "Lax")
    assert cookie["max-age"] == config_settings.PASSWORD_RESET_TIMEOUT
    client.post(f"{link.rsplit('/', 2)[0]}/set-password/", CHOSEN)
    assert (client.cookies[COOKIE].value, client.cookies[COOKIE]["path"]) == ("", reverse("password_reset"))
