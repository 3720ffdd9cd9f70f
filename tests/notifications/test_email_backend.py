"""Mails of any app are recorded in the outbox, or refused with a reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail, send_mass_mail
from django.db import IntegrityError, transaction

from config import settings as config_settings
from foundation import registries
from foundation.mail import AccountMail
from notifications.errors import UnsendableMail
from notifications.models import Channel, Notification, State
from notifications.personal_data import NotificationData
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

REPORT = ("Your report", "It is ready.", None)


@pytest.fixture(autouse=True)
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use the project's backend, which pytest-django replaces."""
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND
    monkeypatch.setattr(registries.MAIL_KINDS, "_paths", {"tests.support.account_mails.KINDS": None})
    yield
    assert not mail.outbox


def refused(message: EmailMessage) -> str:
    with pytest.raises(UnsendableMail) as caught:
        message.send()
    assert not Notification.objects.exists()
    return str(caught.value)


def test_send_mail_records_one_pending_row_per_recipient() -> None:
    assert send_mail(*REPORT, ["ada@example.com", "Grace <grace@example.com>"], html_message="<p>Ready</p>") == 1
    rows = Notification.objects.order_by("pk")
    assert [row.address for row in rows] == ["ada@example.com", "grace@example.com"]
    for row in rows:
        assert (row.channel, row.state, row.event, row.kind) == (Channel.SES, State.PENDING, None, "message")
        assert (row.stored_subject, row.stored_text, row.stored_html) == ("Your report", "It is ready.", "<p>Ready</p>")


def test_copies_are_mails_of_their_own_and_nobody_gets_two() -> None:
    to, cc, bcc = ["a@example.com"], ["b@example.com"], ["c@example.com", "a@example.com"]
    EmailMessage("Report", "Ready", to=to, cc=cc, bcc=bcc, reply_to=["Help <help@example.com>"]).send()
    assert list(Notification.objects.order_by("pk").values_list("address", "reply_to")) == [
        (address, "help@example.com") for address in ("a@example.com", "b@example.com", "c@example.com")
    ]


def test_mass_mail_is_one_statement(django_assert_num_queries: Any) -> None:
    mails = [("Report", f"Ready {number}", None, [f"user{number}@example.com"]) for number in range(20)]
    with django_assert_num_queries(1):
        assert send_mass_mail(mails) == 20
    assert Notification.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_mail_of_a_transaction_that_is_rolled_back_is_not_recorded() -> None:
    with transaction.atomic():
        send_mail(*REPORT, ["ada@example.com"])
        AccountMail("enter", "ada@example.com").send()
        assert Notification.objects.count() == 2
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_account_mail_is_recorded_alike_for_known_and_unknown_addresses() -> None:
    user = make_user()
    for address in ("ada@example.com", "stranger@example.com"):
        assert AccountMail("enter", address, str(user.pk)).send() == 1
    known, unknown = (dict(row) for row in Notification.objects.order_by("pk").values())
    differing = {name for name in known if known[name] != unknown[name]} - {"created_at", "due_at"}
    assert differing == {"id", "address"}
    assert (known["account_kind"], known["user_key"]) == ("enter", str(user.pk))
    assert known["stored_subject"] == known["stored_text"] == known["stored_html"] == ""


def test_key_of_what_an_account_mail_is_about_is_recorded_and_no_part_of_an_export() -> None:
    user = make_user(email="ada@example.com")
    AccountMail("enter", "ada@example.com", str(user.pk), about="4711").send()
    assert Notification.objects.get().about == "4711"
    [exported] = NotificationData().export(user)["notifications"]
    assert (exported["kind"], exported["subject"], exported["text"]) == ("enter", "", "")


def test_html_alone_is_stored_as_html() -> None:
    message = EmailMessage("Report", "<p>Ready</p>", to=["ada@example.com"])
    message.content_subtype = "html"
    message.send()
    row = Notification.objects.get()
    assert (row.stored_text, row.stored_html) == ("", "<p>Ready</p>")


def test_attachment_is_refused_with_what_to_do_instead() -> None:
    message = EmailMessage(*REPORT, ["ada@example.com"])
    message.attach("report.pdf", b"%PDF", "application/pdf")
    assert "send a link" in refused(message)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"from_email": "ceo@example.org"}, "come from SES_FROM_ADDRESS alone"),
        ({"headers": {"X-Priority": "1", "List-Id": "a"}}, "the headers List-Id, X-Priority are not stored"),
        ({"reply_to": ["a@example.com", "b@example.com"]}, "answers go to one address"),
        ({"reply_to": ["nobody"]}, "reply_to is not a valid e-mail address"),
        ({"body": "a" * 1_048_577}, "too long"),
        ({"body": "a\0b"}, "NUL"),
        ({"to": ["a" * 243 + "@example.com"]}, "1 to 254 characters"),
        ({"to": ["a\x07@example.com"]}, "no control characters"),
    ],
)
def test_what_the_outbox_cannot_keep_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert reason in refused(EmailMessage(**({"subject": "a", "body": "b", "to": ["ada@example.com"]} | fields)))


def test_part_of_another_type_is_refused() -> None:
    message = EmailMultiAlternatives(*REPORT, ["ada@example.com"])
    message.attach_alternative("BEGIN:VCALENDAR", "text/calendar")
    assert "a text and an HTML part at most" in refused(message)


def test_user_key_that_is_too_long_is_refused() -> None:
    assert "64 characters" in refused(AccountMail("enter", "ada@example.com", "1" * 65))


def test_silent_failure_is_logged_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    sender = get_connection(fail_silently=True)
    message = EmailMessage(*REPORT, ["ada@example.com"], headers={"X-Priority": "1"}, connection=sender)
    assert message.send(fail_silently=True) == 0
    [record] = caplog.records
    assert record.message == "mail refused"
    assert "ada" not in str(record.__dict__)


def test_sender_of_the_settings_is_the_one_that_ses_knows() -> None:
    assert config_settings.DEFAULT_FROM_EMAIL == config_settings.SERVER_EMAIL
    assert project_settings.SES_FROM_ADDRESS in config_settings.DEFAULT_FROM_EMAIL


def test_row_has_one_cause() -> None:
    with pytest.raises(IntegrityError, match="notification_has_one_cause"), transaction.atomic():
        Notification.objects.create(channel=Channel.SES)
