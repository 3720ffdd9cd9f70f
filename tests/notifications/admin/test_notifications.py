"""Outbox in the admin, and resending undelivered notifications."""

import html
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import User
from notifications.errors import NotToBeSentAgain
from notifications.models import Channel, Notification, State
from notifications.outbox import claims
from notifications.unsubscription import link_of
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.staff import choose, make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

LIST = "notifications_notification"
VIEW = "notifications.view_notification"
SEND_AGAIN = "notifications.send_again_notification"
FINISHED = {"finished_at": datetime(2026, 12, 1, 4, tzinfo=UTC), "attempts": 3, "error": "MessageRejected"}


@pytest.fixture
def operator() -> User:
    return make_staff(VIEW, SEND_AGAIN)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def make_mail(state: State, **fields: object) -> Notification:
    """Create a mail in this state."""
    subscription = Service.create_subscription(make_user(**fields), make_plan(), now=NOW)
    mail = Notification.objects.get(event__subscription=subscription, channel=Channel.SES)
    if state != State.PENDING:
        Notification.objects.filter(pk=mail.pk).update(state=state, submitted_at=NOW, **FINISHED)
    return mail


def listed(client: Client, **query: str) -> set[int]:
    page = client.get(reverse(f"admin:{LIST}_changelist"), query)
    return {row.pk for row in page.context["cl"].result_list}


def test_failed_mail_goes_out_with_the_next_delivery(client: Client, operator: User) -> None:
    mail = make_mail(State.FAILED)
    answer = choose(client, LIST, "send_again", [mail.pk])
    assert messages(answer) == ["1 notification goes out with the next delivery."]
    assert mail.pk in [row.pk for row in claims.claim(Channel.SES, 10).notifications]
    mail.refresh_from_db()
    assert (mail.attempts, mail.finished_at, mail.submitted_at, mail.error) == (0, None, None, "MessageRejected")
    assert LogEntry.objects.get().user == operator


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.SUPPRESSED, State.PENDING])
def test_nothing_else_is_sent_again_as_failed(client: Client, state: State) -> None:
    mail = make_mail(state)
    answer = choose(client, LIST, "send_again", [mail.pk])
    assert messages(answer) == ["None of them is failed; nothing was done."]
    mail.refresh_from_db()
    assert mail.state == state
    assert not LogEntry.objects.exists()


def test_unknown_mail_is_sent_again_only_once_it_was_said_that_it_may_arrive_twice(client: Client) -> None:
    mail = make_mail(State.UNKNOWN)
    page = choose(client, LIST, "send_unknown_again", [mail.pk])
    assert "gets it twice" in page.content.decode()
    mail.refresh_from_db()
    assert mail.state == State.UNKNOWN
    choose(client, LIST, "send_unknown_again", [mail.pk], confirmed="yes")
    mail.refresh_from_db()
    assert mail.state == State.PENDING


def test_delivered_mail_is_never_sent_again(client: Client) -> None:
    mail = make_mail(State.SENT)
    choose(client, LIST, "send_unknown_again", [mail.pk], confirmed="yes")
    mail.refresh_from_db()
    assert mail.state == State.SENT
    with pytest.raises(NotToBeSentAgain):
        claims.send_again([mail.pk], State.SENT)


def test_sending_again_needs_its_permission() -> None:
    mail = make_mail(State.FAILED)
    choose(sign_in(make_staff(VIEW, "notifications.change_notification")), LIST, "send_again", [mail.pk])
    mail.refresh_from_db()
    assert mail.state == State.FAILED


@pytest.mark.parametrize("state", State)
def test_filter_by_state(client: Client, state: State) -> None:
    failed, pending = make_mail(State.FAILED), make_mail(State.PENDING)
    shown = listed(client, state=state, channel__exact="ses")
    assert shown & {failed.pk} == ({failed.pk} if state == State.FAILED else set())
    assert shown & {pending.pk} == ({pending.pk} if state == State.PENDING else set())


def test_search_finds_by_user_and_subscription(client: Client) -> None:
    hers, _ = make_mail(State.FAILED, username="ada", email="ada@example.com"), make_mail(State.FAILED)
    of_hers = set(Notification.objects.filter(event=hers.event).values_list("pk", flat=True))
    for term in ("ada", "ADA@example.com", str(hers.cause.subscription_id)):
        assert listed(client, q=term) == of_hers


def test_superuser_can_neither_add_nor_change_nor_delete() -> None:
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    mail = make_mail(State.FAILED)
    assert client.get(reverse(f"admin:{LIST}_change", args=[mail.pk])).status_code == 200
    assert client.post(reverse(f"admin:{LIST}_change", args=[mail.pk]), {"state": "sent"}).status_code == 403
    assert client.post(reverse(f"admin:{LIST}_delete", args=[mail.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse(f"admin:{LIST}_add")).status_code == 403


def page_of(client: Client, notification: Notification) -> str:
    return html.unescape(client.get(reverse(f"admin:{LIST}_change", args=[notification.pk])).content.decode())


def remind(mail: Notification, **fields: object) -> Notification:
    return Notification.objects.create(event=mail.event, channel=Channel.SES, days_before=7, **fields)


def test_list_shows_kind_channel_recipient_and_subject(client: Client) -> None:
    reminder = remind(make_mail(State.PENDING, email="ada@example.com"))
    page = html.unescape(client.get(reverse(f"admin:{LIST}_changelist")).content.decode())
    rows = [" ".join(strip_tags(row.replace("</t", " </t")).split()) for row in page.split("<tr>")[2:]]
    assert next(row for row in rows if row.startswith(str(reminder.pk))).startswith(
        f"{reminder.pk} reminder SES pending ada@example.com Your access to Monthly ends on"
    )
    assert any("created SES pending ada@example.com Your subscription to Monthly has begun" in row for row in rows)
    assert any("created SNS pending the SNS topic subscription.created.v1" in row for row in rows)


def test_queries_of_the_list_do_not_grow_with_its_rows(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(reverse(f"admin:{LIST}_changelist"))
        return len(found)

    remind(make_mail(State.PENDING))
    few = queries()
    for _number in range(5):
        remind(make_mail(State.PENDING))
    assert queries() == few


def test_page_shows_the_mail_and_what_it_has_to_do_with_what_was_sent(client: Client) -> None:
    mail = make_mail(State.PENDING, email="ada@example.com")
    page = page_of(client, mail)
    assert "To: ada@example.com\nSubject: Your subscription to Monthly has begun\n\nHello" in page
    assert "This is how it would be sent now." in page
    Notification.objects.filter(pk=mail.pk).update(state=State.SENT, finished_at=NOW)
    assert "Mails are not kept: this one is rendered anew." in page_of(client, mail)
    Notification.objects.filter(pk=mail.pk).update(state=State.SUPPRESSED)
    assert "This mail was not sent." in page_of(client, mail)


def test_page_says_why_a_mail_will_not_be_sent(client: Client) -> None:
    subscription = make_mail(State.PENDING).cause.subscription
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    mail = Notification.objects.get(event__transition="cancelled", channel=Channel.SES)
    assert "As things are, it will not be sent: overtaken: reactivated." in page_of(client, mail)


def test_page_of_a_reminder_says_so_and_keeps_the_subscribers_link_to_itself(client: Client) -> None:
    reminder = remind(make_mail(State.PENDING))
    page = page_of(client, reminder)
    assert "Turn reminders off: …" in page
    assert link_of(reminder.cause.subscription.user) not in page
    assert "reminder" in page


def test_page_of_an_event_shows_its_json_and_that_of_an_unreachable_user_the_reason(client: Client) -> None:
    mail = make_mail(State.PENDING, email="")
    assert "There is no mail: no e-mail address" in page_of(client, mail)
    assert '"type": "subscription.created.v1"' in page_of(client, Notification.objects.get(channel=Channel.SNS))
