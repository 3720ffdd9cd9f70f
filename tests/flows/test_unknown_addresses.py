"""Sign-up and reset, with their mails stored in the outbox: an address tells nobody whether an account has it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from config import settings as config_settings
from notifications.models import Notification, Reason, Suppression
from notifications.ses import hashed_addresses
from tests.support.factories import as_named, make_account, make_user
from tests.support.work import Work, stored_work_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
ADDRESSES = {
    "known": "known@example.com",
    "deactivated": "off@example.com",
    "without a password": "none@example.com",
    "bounced": "bounced@example.com",
    "bounced and unknown": "gone@example.com",
    "of an erased user": "erased@example.com",
}


@pytest.fixture(autouse=True)
def mails_through_the_outbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND


@pytest.fixture
def accounts(db: None) -> None:
    make_account("known", PASSWORD, email=ADDRESSES["known"])
    make_account("off", PASSWORD, email=ADDRESSES["deactivated"], is_active=False)
    make_user(email=ADDRESSES["without a password"], password=make_password(None))
    make_account("bounced", PASSWORD, email=ADDRESSES["bounced"])
    stored = (
        ADDRESSES["bounced"],
        ADDRESSES["bounced and unknown"],
        hashed_addresses.digest(ADDRESSES["of an erased user"]),
    )
    Suppression.objects.bulk_create(Suppression(address=form, reason=Reason.BOUNCE) for form in stored)


def sign_up(client: Client, address: str) -> Any:
    return client.post(
        reverse("sign_up"), as_named(username="grace", email=address, password1=PASSWORD, password2=PASSWORD)
    )


def ask_for_a_reset(client: Client, address: str) -> Any:
    return client.post(reverse("password_reset"), {"email": address})


def work_for(address: str, ask: Callable[[Client, str], Any], page: str) -> Work:
    """Return what a visitor reads after asking for the address, without it, and what that costs."""

    def visit(client: Client) -> list[str]:
        answer = ask(client, address)
        shown = client.get(reverse(page)).content.decode().replace(address, "")
        return [answer.headers["Location"], TOKEN.sub("", shown.partition("<main")[2])]

    return stored_work_of(visit)


@pytest.mark.parametrize("kind", ADDRESSES)
@pytest.mark.parametrize(("ask", "page"), [(sign_up, "sign_up_sent"), (ask_for_a_reset, "password_reset_sent")])
def test_page_and_its_work_are_the_same_as_for_an_unknown_address(
    accounts: None, ask: Callable[[Client, str], Any], page: str, kind: str
) -> None:
    unknown = work_for("unknown@example.com", ask, page)
    assert work_for(ADDRESSES[kind], ask, page) == unknown
    assert any('INTO "notifications_notification"' in statement for statement in unknown.statements)
    assert Notification.objects.count() == 2
    assert "came back" in "".join(unknown.texts)
    assert "contact us" in "".join(unknown.texts)
