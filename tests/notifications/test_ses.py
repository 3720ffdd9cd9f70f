"""A mail as SES takes it: the raw message, down to its bytes."""

import email
import email.policy

import pytest
from django.conf import LazySettings

from notifications.models import Channel, Notification
from notifications.ses import compose
from notifications.unsubscription import link_of
from subscriptions.services import SubscriptionService as Service
from tests.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

LONG_SITE = "https://a-rather-long-name-of-a-site.production.subscriptions.example.com"


def mails(**plan: object) -> tuple[Notification, Notification]:
    """A receipt, and a reminder of the same subscription."""
    subscription = Service.create_subscription(make_user(), make_plan(**plan), now=NOW)
    receipt = Notification.objects.get(channel=Channel.SES)
    reminder = Notification.objects.create(event=subscription.events.get(), channel=Channel.SES, days_before=7)
    return receipt, reminder


def header_lines(mime: bytes) -> list[bytes]:
    return mime.partition(b"\n\n")[0].split(b"\n")


@pytest.mark.parametrize("site", ["https://example.com", LONG_SITE])
def test_reminder_has_the_headers_of_one_click_each_in_one_line_as_it_is(site: str, settings: LazySettings) -> None:
    settings.SITE_URL = site
    _, reminder = mails()
    link = link_of(reminder.event.subscription.user)
    assert link.startswith(f"{site}/u/")
    mime = compose(reminder).mime
    assert f"List-Unsubscribe: <{link}>".encode() in header_lines(mime)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in header_lines(mime)
    read = email.message_from_bytes(mime, policy=email.policy.SMTP)
    assert read.get_all("List-Unsubscribe") == [f"<{link}>"]
    assert read.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_receipt_has_none_of_them_and_no_link_to_turn_it_off() -> None:
    receipt, reminder = mails()
    assert b"/u/" in compose(reminder).mime
    mime = compose(receipt).mime
    assert b"unsubscribe" not in mime.lower()
    assert b"/u/" not in mime


def test_long_subject_keeps_to_lines_that_every_server_takes() -> None:
    name = "Jahresabonnement für Freunde der größeren Veröffentlichungen und ihrer Beilagen"
    _, reminder = mails(name=name)
    mime = compose(reminder).mime
    lines = header_lines(mime)
    start = next(index for index, line in enumerate(lines) if line.startswith(b"Subject:"))
    subject = [lines[start], *(line for line in lines[start + 1 :] if line.startswith(b" "))]
    assert len(subject) > 1
    assert max(map(len, subject)) <= 78
    read = email.message_from_bytes(mime, policy=email.policy.SMTP)["Subject"]
    assert read.strip() == f"Your access to {name} ends on Dec. 31, 2026"
