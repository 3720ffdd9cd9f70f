"""Raw mail as sent to SES, byte by byte."""

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from django.conf import LazySettings
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.models import Channel, Notification
from notifications.ses.mailer import compose
from notifications.ses.mime import text
from notifications.ses.rendering import render_mail
from notifications.unsubscription import link_of
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

LONG_NAMES = [
    "Jahresabonnement für Freunde der größeren Veröffentlichungen und Beilagen",
    "🎉" * 40,
]
LONG_SITE = "https://a-rather-long-name-of-a-site.production.subscriptions.example.com"


def mails(**plan: object) -> tuple[Notification, Notification]:
    """Create a receipt and a reminder of the same subscription."""
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
    link = link_of(reminder.cause.subscription.user)
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


@pytest.mark.parametrize("days_before", [None, 7])
@pytest.mark.parametrize("name", ["Monthly", *LONG_NAMES])
def test_mail_is_seven_bit_and_says_what_was_written(name: str, days_before: int | None) -> None:
    mail = next(row for row in mails(name=name) if row.days_before == days_before)
    mime = compose(mail).mime
    assert mime.isascii()
    assert max(map(len, mime.split(b"\n"))) <= 78
    read = email.message_from_bytes(mime, policy=email.policy.SMTP)
    for part, written in zip(read.iter_parts(), (render_mail(mail).text, render_mail(mail).html), strict=True):
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert part.get_content().replace("\r\n", "\n") == written


@given(st.text(st.sampled_from('aZ0 ,"(ü🎉é=?_\u200d') | st.characters(exclude_categories=["Cs", "Cc"]), max_size=150))
@example("=?utf-8?q?x?= is no encoded word")
@example("word" * 37)
def test_header_of_any_text_is_folded_by_the_rules_and_read_as_it_was_written(words: str) -> None:
    subject = " ".join(f"Your subscription to {words} has begun".split())
    lines = f"Subject: {text('Subject', subject)}".split("\n")
    assert lines[0] != "Subject: "
    assert all(line.strip() for line in lines)
    assert max(map(len, lines)) <= 78
    assert all(len(word) <= 75 for line in lines for word in re.findall(r"=\?utf-8\?.\?\S*\?=", line))
    read = email.message_from_string("\n".join([*lines, "", ""]), policy=email.policy.SMTP)
    assert read["Subject"] == subject


@pytest.mark.parametrize("name", ["", "Acme", 'Acme, "The" Inc.', "Ac\u00f6me", "Verlag \u00fcber alles " * 6])
def test_sender_may_have_a_name(name: str, settings: LazySettings) -> None:
    settings.SES_FROM_NAME = name.strip()
    receipt, _ = mails()
    mime = compose(receipt).mime
    assert max(map(len, header_lines(mime))) <= 78
    read = email.message_from_bytes(mime)
    display_name, address = parseaddr(read["From"])
    # Not the newer policy, which puts a space between two encoded words of a name.
    assert str(make_header(decode_header(display_name))) == name.strip()
    assert address == "subscriptions@example.com"
    assert read["Message-ID"] == f"<notification-{receipt.pk}@example.com>"


@pytest.mark.parametrize("name", LONG_NAMES)
def test_long_subject_keeps_to_lines_that_every_server_takes(name: str) -> None:
    _, reminder = mails(name=name)
    mime = compose(reminder).mime
    lines = header_lines(mime)
    start = next(index for index, line in enumerate(lines) if line.startswith(b"Subject:"))
    subject = [lines[start], *(line for line in lines[start + 1 :] if line.startswith(b" "))]
    assert len(subject) > 1
    assert max(map(len, subject)) <= 76
    assert subject[0] != b"Subject: "
    assert max(len(word) for line in subject for word in line.split()) <= 75
    read = email.message_from_bytes(mime, policy=email.policy.SMTP)["Subject"]
    assert read == f"Your access to {name} ends on Dec. 31, 2026"
