"""Mails without an event are delivered like all others; a link that grants something exists in the sent mail alone."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage as Received
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as project_settings
from django.core.mail import EmailMessage, send_mail
from django.core.management import call_command
from django.urls import reverse

from config import settings as config_settings
from foundation import registries
from foundation.mail import AccountMail, MailKind, Rendered
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Channel, Notification, Reason, State, Suppression
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from notifications.ses.direct_mails import mask_links
from subscriptions.services import SubscriptionService as Service
from tests.support.account_mails import GRANTING_LINK, KNOWN
from tests.support.factories import NOW, make_due, make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def render_broken(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Raise an error whose text holds what must not be logged."""
    raise ValueError(f"{address} {GRANTING_LINK}")


BROKEN = (MailKind("broken", "Broken", render_broken),)


@pytest.fixture(autouse=True)
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND
    paths = ["tests.support.account_mails.KINDS", f"{__name__}.BROKEN"]
    monkeypatch.setattr(registries.MAIL_KINDS, "_paths", dict.fromkeys(paths))


def deliver() -> dict[str, int]:
    return Delivery(lambda: timedelta(minutes=5)).run()


def received(aws: LocalAWS) -> list[Received]:
    return [sent.message for sent in aws.mails()]


def state_of(row: Notification) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.error


def test_stored_mail_arrives_with_its_parts_and_reply_address(aws: LocalAWS) -> None:
    send_mail("Grüße", "Fertig: ä", None, ["ada@example.com"], html_message="<p>Fertig: ä</p>")
    EmailMessage("Plain", "Text alone", to=["grace@example.com"], reply_to=["help@example.com"]).send()
    assert deliver()["accepted"] == 2
    first, second = sorted(received(aws), key=lambda mail: str(mail["To"]))
    assert (first["To"], first["Subject"], first["Reply-To"]) == ("ada@example.com", "Grüße", None)
    assert [part.get_content().strip() for part in first.iter_parts()] == ["Fertig: ä", "<p>Fertig: ä</p>"]
    assert second["Reply-To"] == "help@example.com"
    assert [part.get_content_type() for part in second.iter_parts()] == ["text/plain"]
    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT}


def test_suppressed_and_undeliverable_addresses_get_nothing(aws: LocalAWS) -> None:
    for address, reason in (("dead@example.com", Reason.BOUNCE), ("cross@example.com", Reason.COMPLAINT)):
        Suppression.objects.create(address=address, reason=reason)
    send_mail("A", "B", None, ["Dead@Example.com", "cross@example.com", "no address"])
    AccountMail("farewell", "dead@example.com").send()
    deliver()
    assert list(Notification.objects.order_by("pk").values_list("state", "error")) == [
        ("suppressed", "address suppressed: bounce"),
        ("sent", ""),
        ("suppressed", "not a valid e-mail address"),
        ("suppressed", "address suppressed: bounce"),
    ]


def test_complaint_stops_stored_mails_where_the_setting_says_so(aws: LocalAWS, settings: Any) -> None:
    settings.COMPLAINT_STOPS = ["message"]
    Suppression.objects.create(address="cross@example.com", reason=Reason.COMPLAINT)
    send_mail("A", "B", None, ["cross@example.com"])
    deliver()
    assert Notification.objects.get().state == State.SUPPRESSED


def test_account_mail_to_an_unknown_address_is_obsolete(aws: LocalAWS) -> None:
    AccountMail("enter", KNOWN).send()
    AccountMail("enter", "stranger@example.com").send()
    deliver()
    assert [mail["To"] for mail in received(aws)] == [KNOWN]
    assert state_of(Notification.objects.get(address="stranger@example.com")) == (
        "obsolete",
        "a mail of the kind enter is obsolete",
    )


def test_broken_renderer_holds_up_no_other_mail_and_logs_no_text(
    aws: LocalAWS, caplog: pytest.LogCaptureFixture
) -> None:
    AccountMail("broken", KNOWN).send()
    AccountMail("farewell", KNOWN).send()
    deliver()
    assert [mail["Subject"] for mail in received(aws)] == ["Goodbye"]
    broken = Notification.objects.get(account_kind="broken")
    assert (state_of(broken), broken.attempts) == (("pending", "rendering failed: ValueError"), 1)
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "render_broken" in record.__dict__["frames"]
    assert KNOWN not in str(record.__dict__)
    assert GRANTING_LINK not in str(record.__dict__)


def test_kind_that_is_no_longer_registered_fails_visibly(aws: LocalAWS) -> None:
    row = Notification.objects.create(channel=Channel.SES, address=KNOWN, account_kind="bygone")
    deliver()
    assert state_of(row) == ("failed", "no mail of the kind 'bygone' is registered")


def test_account_mails_are_claimed_before_a_backlog(aws: LocalAWS) -> None:
    make_due(make_plan(), 5)
    Service.sweep(now=NOW)
    send_mail("A", "B", None, ["ada@example.com"])
    AccountMail("enter", KNOWN).send()
    first = claims.claim("ses", 1)
    assert [row.account_kind for row in first.notifications] == ["enter"]
    assert len(claims.claim("ses", 10).notifications) == 6


def test_mail_without_an_event_waits_for_no_other(aws: LocalAWS) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    held = Notification.objects.filter(channel=Channel.SES, event__subscription=subscription)
    held.update(state=State.UNKNOWN)
    AccountMail("enter", KNOWN, str(subscription.user_id)).send()
    send_mail("A", "B", None, [KNOWN])
    assert len(claims.claim("ses", 10).notifications) == 2


def test_lost_answer_of_a_mail_without_an_event_is_settled_like_others(aws: LocalAWS) -> None:
    send_mail("A", "B", None, [KNOWN])
    AccountMail("enter", KNOWN).send()
    Notification.objects.update(state=State.UNKNOWN, due_at=NOW - timedelta(days=300))
    assert deliver()["again"] == 2
    assert set(Notification.objects.values_list("state", "resends")) == {(State.SENT, 1)}


def everything_stored() -> str:
    """Return all rows of all tables as text."""
    return "\n".join(
        repr(row) for model in apps.get_models(include_auto_created=True) for row in model._base_manager.values()
    )


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_granting_link_is_in_the_sent_mail_and_nowhere_else(
    aws: LocalAWS, records: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    AccountMail("enter", KNOWN).send()
    row = Notification.objects.get()
    operator = sign_in(make_staff("notifications.view_notification", "notifications.view_feedback"))
    address = reverse("admin:notifications_notification_change", args=[row.pk])
    pages = [operator.get(address).content.decode()]
    deliver()
    pages += [operator.get(url).content.decode() for url in (address, address.replace(f"{row.pk}/change/", ""))]
    call_command("notifications", "show", str(row.pk))

    [mail] = received(aws)
    assert all("key=Zu2vS9" in part.get_content() for part in mail.iter_parts())
    for page in pages[:2]:
        assert "Hello you, it is" in page
        assert "…" in page
    logged = json.dumps([str(record.__dict__) for record in records.records])
    shown = capsys.readouterr().out
    for kept in (everything_stored(), logged, shown, *pages):
        assert "Zu2vS9" not in kept
    assert KNOWN not in shown


def test_operators_see_stored_mails_with_their_links_masked(aws: LocalAWS) -> None:
    text = "Reset: https://site.example/reset/MQ/c8-secret/ or http://a.example?x=secret, at https://site.example."
    send_mail("Look: https://site.example/secret", text, None, [KNOWN])
    operator = sign_in(make_staff("notifications.view_notification"))
    lists = operator.get(reverse("admin:notifications_notification_changelist")).content.decode()
    page = operator.get(
        reverse("admin:notifications_notification_change", args=[Notification.objects.get().pk])
    ).content.decode()
    assert "Reset: https://site.example/… or http://a.example/… at https://site.example." in page
    assert "secret" not in page + lists
    assert "Look: https://site.example/…" in lists


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://a.example/b", "https://a.example/…"),
        ('<a href="https://a.example/b?c=d">e</a>', '<a href="https://a.example/…">e</a>'),
        ("https://a.example", "https://a.example"),
        ("a/b", "a/b"),
    ],
)
def test_links_are_cut_to_their_sites(written: str, shown: str) -> None:
    assert mask_links(written) == shown


def test_operator_finds_a_mail_by_its_address_and_by_its_user(aws: LocalAWS) -> None:
    user = make_user()
    AccountMail("enter", "Stranger@example.com").send()
    AccountMail("farewell", "other@example.com", str(user.pk)).send()
    operator = sign_in(make_staff("notifications.view_notification"))
    url = reverse("admin:notifications_notification_changelist")

    def shown(term: str) -> str:
        return operator.get(url, {"q": term}).content.decode()

    assert "Stranger@example.com" in shown("stranger@EXAMPLE.com")
    assert "Stranger@example.com" not in shown("nobody@example.com")
    by_user = shown(user.get_username())
    assert "other@example.com" in by_user
    assert "Farewell" in by_user
    assert "Stranger@example.com" not in by_user


def test_command_lists_and_retries_mails_by_their_kind(aws: LocalAWS, capsys: pytest.CaptureFixture[str]) -> None:
    AccountMail("enter", KNOWN).send()
    send_mail("A", "B", None, [KNOWN])
    Notification.objects.update(state=State.FAILED, finished_at=NOW)
    call_command("notifications", "list", "--kind", "message")
    assert "1 notifications" in capsys.readouterr().out
    call_command("notifications", "retry", "--kind", "enter", "--apply")
    assert "1 go out" in capsys.readouterr().out
    assert Notification.objects.get(account_kind="enter").state == State.PENDING


def test_sender_is_the_one_address_that_the_role_may_use(aws: LocalAWS) -> None:
    send_mail("A", "B", None, [KNOWN])
    deliver()
    assert project_settings.SES_FROM_ADDRESS in str(received(aws)[0]["From"])
