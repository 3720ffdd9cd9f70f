"""Suppressed addresses."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from notifications import bounced_address
from notifications.aws.results import Result, ResultKind
from notifications.coverage import Coverage
from notifications.models import REMINDER, Channel, Feedback, Notification, Reason, State, Suppression
from notifications.outbox import claims, delivery
from notifications.ses import eligibility, hashed_addresses, mailer, suppression
from notifications.ses.events import read_event
from subscriptions.services import SubscriptionService as Service
from tests.notifications.ses.test_feedback import hear
from tests.support.explain import plan_of
from tests.support.factories import EMAIL, NOW, make_plan, make_user
from tests.support.ses_feedback import bounce, envelope, ses_event
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

ADDRESS = "recipient@example.com"
"""Recipient in the samples."""


def live() -> set[tuple[str, str]]:
    """Return live suppressions with their reasons."""
    return set(Suppression.objects.live().values_list("address", "reason"))


def make_mail(address: str = ADDRESS, **fields: object) -> Notification:
    """Create a due mail to this address."""
    user = get_user_model().objects.filter(**{EMAIL: address}).first() or make_user(email=address)
    subscription = Service.create_subscription(user, make_plan(), now=NOW)
    Notification.objects.filter(event__subscription=subscription, channel=Channel.SES).update(**fields)
    return Notification.objects.get(event__subscription=subscription, channel=Channel.SES)


def withheld() -> dict[int, Result]:
    mails = Notification.objects.filter(channel=Channel.SES).select_related("event__subscription__user")
    return eligibility.withheld(list(mails), Coverage.of(list(mails), NOW))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (bounce("Permanent", "General"), {Reason.BOUNCE}),
        (bounce("Permanent", "NoEmail"), {Reason.BOUNCE}),
        (bounce("Permanent", "Suppressed"), {Reason.BOUNCE}),
        (bounce("Permanent", "OnAccountSuppressionList"), {Reason.BOUNCE}),
        (bounce("Transient", "MailboxFull"), set()),
        (bounce("Undetermined", "Undetermined"), set()),
        (ses_event("complaint"), {Reason.COMPLAINT}),
        (ses_event("delivery"), set()),
        (ses_event("reject"), set()),
    ],
)
def test_feedback_suppresses_an_address(told: dict[str, object], reason: set[Reason]) -> None:
    hear(envelope(told))
    assert live() == {(ADDRESS, why) for why in reason}
    assert all(row.feedback == Feedback.objects.get() for row in Suppression.objects.all())


def test_every_recipient_of_a_bounce_is_suppressed_and_what_is_no_address_is_not() -> None:
    told = ses_event("notification-bounce-without-dsn")
    told["bounce"]["bouncedRecipients"] += [{"emailAddress": odd} for odd in ("", "\x00", "\ud800@example.com", "x")]
    told["bounce"]["bouncedRecipients"] += [
        {"emailAddress": f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 30}.com"}
    ]
    assert hear(envelope(told)) == []
    assert live() == {("jane@example.com", "bounce"), ("richard@example.com", "bounce")}


@pytest.mark.parametrize("named", ["of-the-forward-target", "with-a-display-name", "without-recipients"])
def test_bounce_suppresses_the_address_that_was_written_to_whichever_is_named(named: str) -> None:
    hear(envelope(ses_event(f"bounce-{named}")))
    assert live() == {("subscriber@example.com", "bounce")}


def test_complaint_that_names_nobody_is_of_the_address_that_was_written_to() -> None:
    hear(envelope(ses_event("complaint-without-recipients")))
    assert live() == {("subscriber@example.com", "complaint")}


@pytest.mark.parametrize("destination", [None, [], ["a@example.com", "b@example.com"], [7], "a@example.com"])
def test_mail_without_one_destination_suppresses_those_that_the_event_names(destination: object) -> None:
    hear(envelope(ses_event("bounce-with-a-display-name", destination=destination)))
    assert live() == {("subscriber@example.com", "bounce")}


def test_address_that_is_suppressed_already_stays_so_once() -> None:
    hear(envelope(bounce("Permanent", "General")), envelope(bounce("Permanent", "General")))
    hear(envelope(bounce("Permanent", "General")), envelope(ses_event("complaint")))
    assert sorted(Suppression.objects.values_list("reason", flat=True)) == ["bounce", "complaint"]


def test_same_event_delivered_again_does_not_bring_back_what_was_lifted() -> None:
    body, later = envelope(bounce("Permanent", "General")), envelope(bounce("Permanent", "General"))
    hear(body)
    assert suppression.lift([Suppression.objects.get().pk], make_user()) == 1
    told = read_event(body)
    assert told is not None
    hear(body)
    suppression.suppress([told])
    assert live() == set()
    hear(later)
    assert live() == {(ADDRESS, "bounce")}


def test_lifting_is_by_somebody_and_only_once() -> None:
    hear(envelope(bounce("Permanent", "General")))
    operator = make_user()
    (key,) = Suppression.objects.values_list("pk", flat=True)
    assert [suppression.lift([key], by) for by in (operator, make_user())] == [1, 0]
    lifted = Suppression.objects.get()
    assert (lifted.lifted_by, lifted.lifted_at is not None) == (operator, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suppression.objects.update(lifted_by=None)


@pytest.mark.parametrize("address", [ADDRESS, "Recipient@EXAMPLE.com"])
def test_bounce_stops_all_mail_to_the_address(address: str) -> None:
    hear(envelope(bounce("Permanent", "General")))
    mail, other = make_mail(address), make_mail("somebody.else@example.com")
    assert withheld() == {mail.pk: Result(ResultKind.UNDELIVERABLE, error="address suppressed: bounce")}
    assert other.pk not in withheld()


def test_complaint_stops_reminders_and_no_receipts() -> None:
    hear(envelope(ses_event("complaint")))
    make_mail()
    reminder = make_mail(days_before=7)
    assert withheld() == {reminder.pk: Result(ResultKind.UNDELIVERABLE, error="address suppressed: complaint")}


@pytest.mark.parametrize(
    ("kinds", "stopped"), [([], []), (["created"], ["created"]), (["created", REMINDER], ["created", REMINDER])]
)
def test_setting_says_what_else_a_complaint_stops(kinds: list[str], stopped: list[str], settings: LazySettings) -> None:
    settings.COMPLAINT_STOPS = kinds
    hear(envelope(ses_event("complaint")))
    mails = {make_mail().pk: "created", make_mail(days_before=7).pk: REMINDER}
    assert sorted(mails[key] for key in withheld()) == sorted(stopped)


def test_suppressed_mail_is_finished_without_asking_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    hear(envelope(bounce("Permanent", "General")))
    mail = make_mail()
    Notification.objects.filter(channel=Channel.SNS).delete()
    monkeypatch.setattr(mailer, "send", lambda _: pytest.fail("a mail was sent"))
    assert delivery.Delivery(lambda: timedelta(minutes=5)).run()["undeliverable"] == 1
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (State.SUPPRESSED, "address suppressed: bounce")
    assert claims.claim(Channel.SES, 1).notifications == []


def test_mail_goes_out_again_once_it_is_lifted() -> None:
    hear(envelope(bounce("Permanent", "General")))
    suppression.lift(list(Suppression.objects.values_list("pk", flat=True)), make_user())
    make_mail()
    assert withheld() == {}


def test_one_query_asks_for_a_whole_claim() -> None:
    for number in range(5):
        make_mail(f"user{number}@example.com")
    mails = list(Notification.objects.filter(channel=Channel.SES).select_related("event__subscription__user"))
    with CaptureQueriesContext(connection) as queries:
        eligibility.withheld(mails, Coverage.of(mails, NOW))
    assert len(queries) == 1
    assert "suppression_one_live" in plan_of(Suppression.objects.live().filter(address__in=["a@example.com"]))


def page_of(user: User, language: str = "en") -> str:
    with translation.override(language):
        return sign_in(user).get(reverse("subscriptions"), headers={"accept-language": language}).content.decode()


def test_subscriber_is_told_on_the_page_that_mail_comes_back() -> None:
    ada = make_user(email="Recipient@example.com")
    assert "comes back" not in page_of(ada)
    hear(envelope(bounce("Permanent", "General")))
    assert "Mail to Recipient@example.com comes back, so we no longer write to it." in page_of(ada)
    assert "Recipient@example.com" in page_of(ada, "de")
    assert "comes back" not in page_of(ada, "de")
    assert "comes back" not in page_of(make_user())
    assert "comes back" not in page_of(make_user(email=""))


def test_notice_leads_to_the_page_of_the_address_and_takes_a_report_that_the_address_works() -> None:
    ada = make_user(email=ADDRESS)
    hear(envelope(bounce("Permanent", "General")))
    page = page_of(ada)
    assert f'href="{reverse("address")}">Change the address' in page
    assert f'action="{reverse("address_works")}"' in page
    answer = sign_in(ada).post(reverse("address_works"), follow=True)
    assert "We write to your address again." in answer.content.decode()
    assert "so we no longer write to it" not in answer.content.decode()
    lifted = Suppression.objects.get()
    assert lifted.lifted_by == ada
    assert lifted.lifted_at is not None


@pytest.mark.parametrize("is_former_key", [False, True])
def test_holder_of_an_address_that_an_erased_user_had_is_told_and_may_report(
    is_former_key: bool, settings: LazySettings
) -> None:
    Suppression.objects.create(address=hashed_addresses.digest(ADDRESS), reason=Reason.BOUNCE)
    if is_former_key:
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    ada = make_user(email="Recipient@example.com")
    assert "Mail to Recipient@example.com comes back" in page_of(ada)
    assert "comes back" not in page_of(make_user())
    answer = sign_in(ada).post(reverse("address_works"), follow=True)
    assert "We write to your address again." in answer.content.decode()
    assert suppression.reasons([ADDRESS]) == {}
    Suppression.objects.create(address=ADDRESS, reason=Reason.BOUNCE)
    assert reverse("address_works") not in page_of(ada)


def test_user_reports_once_per_address() -> None:
    ada = make_user(email=ADDRESS)
    hear(envelope(bounce("Permanent", "General")))
    client = sign_in(ada)
    client.post(reverse("address_works"))
    Suppression.objects.create(address=ADDRESS, reason=Reason.BOUNCE)
    assert reverse("address_works") not in page_of(ada)
    answer = client.post(reverse("address_works"), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert Suppression.objects.live().count() == 1


def test_nobody_lifts_a_complaint_or_another_address() -> None:
    ada = make_user(email=ADDRESS)
    Suppression.objects.create(address=ADDRESS, reason=Reason.COMPLAINT)
    Suppression.objects.create(address="other@example.com", reason=Reason.BOUNCE)
    for user in (ada, make_user(email="")):
        sign_in(user).post(reverse("address_works"))
    assert sign_in(ada).get(reverse("address_works")).status_code == 405
    assert Client().post(reverse("address_works")).status_code == 302
    assert Suppression.objects.live().count() == 2


def test_complaint_is_not_held_against_the_subscriber_on_the_page() -> None:
    ada = make_user(email=ADDRESS)
    hear(envelope(ses_event("complaint")))
    assert "notice" not in page_of(ada).split("<h1>")[1]


def test_notice_that_cannot_be_made_does_not_take_the_page_with_it(
    monkeypatch: pytest.MonkeyPatch, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bounced_address, "is_suppressed", lambda _: 1 / 0)
    client.force_login(make_user())
    assert client.get(reverse("subscriptions")).status_code == 200
    assert "bounce_notice" in caplog.text
