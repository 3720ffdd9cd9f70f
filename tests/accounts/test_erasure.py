"""Erasure of a user after a life full of events."""

import logging
from collections.abc import Collection
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.erasure import UnknownAccount, erase_user, pseudonym_of
from accounts.links import CONFIRMATION_LIFETIME, change_url
from accounts.models import Profile, User
from accounts.profiles import is_erased, profile_of
from accounts.tokens import make_token
from config import settings as config_settings
from foundation import clock, registries
from foundation.jobs import retention
from foundation.jobs.sqs_batch import MessageBatch, QueueMessage
from foundation.personal_data import Erasure, PersonalData
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Feedback, Notification, NotificationPreferences, Reason, State, Suppression
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from notifications.preferences import set_reminders
from notifications.ses import feedback, suppression
from payments.models import CancellationRequest
from subscriptions.announcements import unlimited
from subscriptions.models import IdempotentRequest, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscription_expired
from tests.support.database_search import tables_with
from tests.support.factories import EMAIL, NAME, as_named, has_access, make_account, make_plan, make_user, transitions
from tests.support.log_lines import written_lines
from tests.support.ses_feedback import bounce, envelope, ses_event
from tests.support.staff import make_staff, sign_in

NAMED = "Hildegünde.Quast"
ADDRESS = "Hildegunde.Quast@faß.example"
ASCII_ADDRESS = "hildegunde.quast@xn--fa-hia.example"
FORMER = "quast.former@example.com"
EXTERNAL = "crm-quast-4711"
GIVEN = "Hildegünde"
FIELDS = {field.name for field in get_user_model()._meta.get_fields()}
# A user model may have no name beside the address; nobody could find another one in others' texts.
NAMES = [name for name, is_kept in ((NAMED, NAME != EMAIL), (GIVEN, "first_name" in FIELDS)) if is_kept]
PASSWORD = "correct horse battery"
OLD = (*NAMES, ADDRESS, ASCII_ADDRESS, FORMER, EXTERNAL)
LOGGED = {
    "accounts.erasure",
    "config.web.middleware",
    "foundation.jobs.metrics",
    "notifications.outbox.delivery",
    "notifications.ses.feedback",
    "subscriptions.sweep",
}
"""Loggers that have spoken of the user's life and its end."""


@pytest.fixture(autouse=True)
def mails_through_the_outbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND


@pytest.fixture
def quast(db: None) -> User:
    """Create a user whose name and addresses are like no other text in the database."""
    user = make_user(username=NAMED, email=FORMER, first_name=GIVEN)
    profile = profile_of(user)
    profile.external_user_id, profile.time_zone, profile.language = EXTERNAL, "Europe/Berlin", "de"
    profile.save()
    return user


@pytest.fixture
def operator(db: None) -> User:
    return make_staff("subscriptions.change_subscription")


def deliver() -> None:
    Delivery(unlimited).run()


def live_a_life(user: User, operator: User) -> Subscription:
    """Subscribe, renew, cancel with reasons, get mails and bounces, sign in, and be written about in the log."""
    now = clock.now()
    ended = Service.create_subscription(user, make_plan(name="Trial", price=0), now=now - timedelta(days=40))
    Service.cancel_subscription(ended, f"asked for by {FORMER}", now=now - timedelta(days=30), actor=operator)
    Service.sweep(now=now)
    kept = Service.create_subscription(user, make_plan(), now=now - timedelta(days=2))
    Service.renew_subscription(kept, now=now - timedelta(days=1), actor=operator, reason=f"for {GIVEN} {NAMED}")
    deliver()
    for mail in Notification.objects.filter(channel="ses", event__subscription__user=user):
        report(mail, FORMER)
    get_user_model()._base_manager.filter(pk=user.pk).update(**{EMAIL: ADDRESS})
    user.refresh_from_db()
    report(Notification.objects.filter(channel="ses").latest("pk"), ASCII_ADDRESS)
    report(None, ADDRESS)
    client = sign_in(user)
    client.get("/account/")
    make_token(user, 5, name="laptop")
    set_reminders(user.pk, wanted=False, now=now)
    IdempotentRequest.objects.create(
        user=user, key="k", fingerprint="f", body=f'{{"for": "{ADDRESS}"}}', created_at=now
    )
    Subscription.objects.filter(pk=kept.pk).update(external_id=EXTERNAL, metadata={"contact": ADDRESS})
    send_mail("News", f"for {NAMED}", None, [ADDRESS.replace("Hilde", "HILDE")])
    send_mail("Complaint", f"{NAMED} wrote, see {ADDRESS}", None, ["staff@example.com"])
    be_typed_by_strangers(FORMER, ADDRESS)
    write_log(operator, user, str(user), f'[{{"changed": {{"name": "{NAMED}"}}}}]')
    write_log(operator, kept, str(kept), f"gave days to {ADDRESS}, who wrote")
    return kept


def be_typed_by_strangers(*addresses: str) -> None:
    """Have visitors ask for a new password with these addresses, and read the page that follows."""
    for address in addresses:
        stranger = Client()
        answer = stranger.post(reverse("password_reset"), {"email": address})
        assert address in stranger.get(answer["Location"]).content.decode()
        assert Notification.objects.filter(account_kind="password_reset", address=address).exists()


def write_log(operator: User, row: Any, shown: str, message: str) -> None:
    LogEntry.objects.log_actions(operator.pk, [row], CHANGE, change_message=message, single_object=True)
    LogEntry.objects.filter(object_id=str(row.pk)).update(object_repr=shown)


def report(mail: Notification | None, address: str) -> None:
    """Have SES report a permanent bounce of a mail to this address."""
    event = bounce("Permanent", "General", mail.pk if mail else None)
    event["mail"]["destination"] = [address]
    event["bounce"]["bouncedRecipients"] = [{"emailAddress": address}]
    feedback.handle(MessageBatch((QueueMessage("m", envelope(event)),), timedelta))


def old_values_in(text: str, values: Collection[str] = OLD) -> set[str]:
    return {value for value in values if value.lower() in text.lower()}


def test_nothing_in_database_logs_mails_and_metrics_names_an_erased_user(
    aws: LocalAWS, quast: User, operator: User, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    live_a_life(quast, operator)
    assert len(tables_with(OLD)) >= 6  # the search finds what is there
    mails, events = len(aws.mails()), aws.events()

    assert erase_user(quast.pk, clock.now(), actor=operator, reason=f"{ADDRESS} asked by letter")
    deliver()

    assert tables_with(OLD) == {}
    assert {record.name for record in caplog.records} >= LOGGED
    assert old_values_in(written_lines(caplog)) == old_values_in("".join(capsys.readouterr())) == set()
    assert old_values_in("".join(str(event) for event in aws.events()[len(events) :])) == set()
    (to_staff,) = aws.mails(mails)
    assert to_staff.recipients == ["staff@example.com"]
    assert old_values_in(to_staff.raw.decode()) == set()
    record = Profile.objects.get(user=quast.pk)
    assert record.erased_by == operator
    assert record.erasure_reason == f"{pseudonym_of(quast.pk)} asked by letter"


SECOND, UNPROVEN = "quast.second@example.com", "quast.typo@example.com"


def change_address(user: User, address: str) -> None:
    """Ask for the change on the page, and open the link that its mail would have."""
    user.refresh_from_db()
    browser = sign_in(user)
    browser.post(reverse("address"), {"address": address, "password": PASSWORD})
    assert browser.post(urlsplit(change_url(user, address)).path).status_code == 302
    Session.objects.all().delete()


def forget_passwords(*addresses: str) -> None:
    for address in addresses:
        Client().post(reverse("password_reset"), {"email": address})


def make_quast() -> User:
    return make_account(NAMED, PASSWORD, email=FORMER)


def test_no_mail_names_a_former_address_of_an_erased_user(db: None) -> None:
    user = make_quast()
    sign_up_with(FORMER)
    forget_passwords(FORMER)
    change_address(user, SECOND)
    change_address(user, ADDRESS)
    forget_passwords(FORMER, SECOND, ADDRESS)
    send_mail("A guest", f"{SECOND} wrote", None, ["staff@example.com"])
    CancellationRequest.objects.create(address=FORMER, contract="mine", wish="now", requested_at=clock.now())
    report(None, SECOND)
    assert {"notifications_notification", "notifications_feedback"} <= tables_with([FORMER, SECOND]).keys()

    erase_user(user.pk, clock.now())
    assert tables_with([FORMER, SECOND, ADDRESS, ASCII_ADDRESS]) == {}
    assert suppression.reasons([SECOND]) == {SECOND: {Reason.BOUNCE}}


def sign_up_with(address: str) -> None:
    """Sign up in a browser whose session has ended."""
    typed = as_named(username="somebody", email=address, password1=PASSWORD, password2=PASSWORD)
    assert Client().post(reverse("sign_up"), typed).status_code == 302
    Session.objects.all().delete()


def test_former_address_is_known_from_what_ses_says_of_mails_to_it(quast: User) -> None:
    """Staff, commands and services change an address without a mail to the old one."""
    Service.create_subscription(quast, make_plan())
    event = ses_event("delivery", Notification.objects.get(channel="ses").pk)
    event["mail"]["destination"] = [f"Quast <{FORMER}>"]
    feedback.handle(MessageBatch((QueueMessage("m", envelope(event)),), timedelta))
    get_user_model()._base_manager.filter(pk=quast.pk).update(**{EMAIL: ADDRESS})
    forget_passwords(FORMER)

    erase_user(quast.pk, clock.now())
    assert tables_with(OLD) == {}


def test_former_address_that_another_account_has_stays_its_own(db: None) -> None:
    user = make_quast()
    change_address(user, SECOND)
    change_address(user, ADDRESS)
    make_user(email=FORMER)
    forget_passwords(FORMER, SECOND)
    send_mail("Report", f"{FORMER} wrote", None, ["staff@example.com"])

    erase_user(user.pk, clock.now())
    assert set(Notification.objects.filter(state=State.PENDING).values_list("account_kind", "address")) == {
        ("password_reset", FORMER),
        ("", "staff@example.com"),
    }
    assert Notification.objects.get(address="staff@example.com").stored_text == f"{FORMER} wrote"
    assert tables_with([SECOND, ADDRESS]) == {}


def test_address_that_was_asked_for_and_never_confirmed_is_somebody_elses(db: None) -> None:
    user = make_quast()
    sign_in(user).post(reverse("address"), {"address": UNPROVEN, "password": PASSWORD})
    assert Notification.objects.filter(address=UNPROVEN).count() == 1
    sign_up_with(UNPROVEN)
    asked = CancellationRequest.objects.create(address=UNPROVEN, contract="mine", wish="now", requested_at=clock.now())

    erase_user(user.pk, clock.now())
    kept = Notification.objects.get(address=UNPROVEN)
    assert (kept.account_kind, kept.user_key, kept.state) == ("sign_up", "", State.PENDING)
    assert CancellationRequest.objects.filter(pk=asked.pk).exists()


def test_sign_up_that_names_an_erased_user_is_deleted_once_its_link_has_expired(quast: User) -> None:
    typed = as_named(username="somebody", email=FORMER, password1=PASSWORD, password2=PASSWORD)
    assert Client().post(reverse("sign_up"), typed).status_code == 302
    erase_user(quast.pk, clock.now())
    assert tables_with(OLD).keys() == {"decoded sessions"}

    with time_machine.travel(clock.now() + CONFIRMATION_LIFETIME + timedelta(seconds=1), tick=False):
        retention.delete_old(clock.now(), lambda: timedelta(hours=1))
    assert tables_with(OLD) == {}


def test_access_subscriptions_sessions_and_tokens_end_and_history_stays(
    db: None, aws: LocalAWS, quast: User, operator: User
) -> None:
    kept = live_a_life(quast, operator)
    browser, (_, token) = sign_in(quast), make_token(quast, 5)
    before = SubscriptionEvent.objects.count()

    erase_user(quast.pk, clock.now())

    kept.refresh_from_db()
    assert (kept.status, transitions(kept)[-1]) == ("expired", "expired")
    assert SubscriptionEvent.objects.count() == before + 1
    assert not has_access(quast)
    assert browser.get("/account/").status_code == 302
    assert Client().get("/api/v1/subscriptions", headers={"Authorization": f"Token {token}"}).status_code == 401
    states = set(
        Notification.objects.filter(channel="ses", event__transition="expired").values_list("state", flat=True)
    )
    assert State.PENDING not in states
    assert Notification.objects.filter(channel="sns", event=kept.events.last(), state=State.PENDING).count() == 1
    assert not NotificationPreferences.objects.exists()
    assert is_erased(quast.pk)


@pytest.mark.django_db(transaction=True)
def test_subscription_that_ends_by_an_erasure_is_announced_once(quast: User) -> None:
    kept = Service.create_subscription(quast, make_plan())
    heard: list[int] = []

    def listen(subscription: Subscription, **_: object) -> None:
        heard.append(subscription.pk)

    subscription_expired.connect(listen)
    erase_user(quast.pk, clock.now() + timedelta(minutes=1))
    subscription_expired.disconnect(listen)
    assert heard == [kept.pk]


def test_due_subscription_is_expired_by_the_erasure(quast: User) -> None:
    due = Service.create_subscription(quast, make_plan(), now=clock.now() - timedelta(days=31))
    erase_user(quast.pk, clock.now())
    assert transitions(due) == ["created", "expired"]


def test_subscription_that_begins_this_very_moment_ends_too(quast: User) -> None:
    now = clock.now()
    begun = Service.create_subscription(quast, make_plan(), now=now)
    erase_user(quast.pk, now)
    assert transitions(begun) == ["created", "expired"]


def test_second_erasure_changes_nothing_and_keeps_the_record(quast: User, operator: User) -> None:
    erase_user(quast.pk, clock.now(), actor=operator, reason="first")
    pseudonym = get_user_model()._base_manager.get(pk=quast.pk).get_username()
    assert not erase_user(quast.pk, clock.now(), reason="second")
    assert Profile.objects.get(user=quast.pk).erasure_reason == "first"
    assert get_user_model()._base_manager.get(pk=quast.pk).get_username() == pseudonym


class Failing(PersonalData):
    """A part that fails after the others have erased theirs."""

    def erase(self, given: Erasure) -> None:
        raise RuntimeError("the disk is full")


FAILING = (Failing(),)


def registries_with(path: str) -> registries.Registry:
    """Return the registry of all apps' parts, and this one after them."""
    extended = registries.Registry()
    extended.register(*registries.PERSONAL_DATA._paths, path)
    return extended


def test_erasure_that_fails_changes_nothing_and_can_be_repeated(
    aws: LocalAWS, quast: User, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = live_a_life(quast, operator)
    before = tables_with(OLD)
    with monkeypatch.context() as patched:
        patched.setattr(registries, "PERSONAL_DATA", registries_with(f"{__name__}.FAILING"))
        with pytest.raises(RuntimeError), transaction.atomic():
            erase_user(quast.pk, clock.now())
    assert tables_with(OLD) == before
    assert has_access(quast)
    kept.refresh_from_db()
    assert kept.status == "active"

    erase_user(quast.pk, clock.now())
    assert tables_with(OLD) == {}


def test_suppressed_address_stays_suppressed_for_whoever_signs_up_with_it(
    aws: LocalAWS, quast: User, operator: User
) -> None:
    live_a_life(quast, operator)
    erase_user(quast.pk, clock.now())
    assert suppression.reasons([ASCII_ADDRESS]) == {ASCII_ADDRESS: {Reason.BOUNCE}}
    assert suppression.reasons([FORMER]) == {FORMER: {Reason.BOUNCE}}
    assert suppression.reasons(["somebody@example.com"]) == {}


def test_hash_by_a_former_secret_key_is_found(aws: LocalAWS, quast: User, operator: User, settings: Any) -> None:
    live_a_life(quast, operator)
    erase_user(quast.pk, clock.now())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert suppression.reasons([FORMER]) == {FORMER: {Reason.BOUNCE}}
    settings.SECRET_KEY_FALLBACKS = []
    assert suppression.reasons([FORMER]) == {}


def test_feedback_on_a_mail_that_was_on_its_way_keeps_no_address(aws: LocalAWS, quast: User) -> None:
    Service.create_subscription(quast, make_plan())
    get_user_model()._base_manager.filter(pk=quast.pk).update(**{EMAIL: ADDRESS})
    claim = claims.claim("ses", 10)
    claim.submit([row.pk for row in claim.notifications])
    erase_user(quast.pk, clock.now())
    report(claim.notifications[0], ADDRESS)
    assert tables_with(OLD) == {}
    assert Feedback.objects.count() == 1
    assert suppression.reasons([ASCII_ADDRESS]) == {ASCII_ADDRESS: {Reason.BOUNCE}}
    assert not Suppression.objects.filter(address__contains="@").exists()


def test_name_and_address_are_free_again(quast: User) -> None:
    erase_user(quast.pk, clock.now())
    again = make_user(username=NAMED, email=FORMER)
    assert again.pk != quast.pk


def test_rights_go_with_the_account(db: None) -> None:
    root = make_user(is_staff=True, is_superuser=True)
    root.groups.add(Group.objects.create(name="Support"))
    erase_user(root.pk, clock.now())
    erased = get_user_model()._base_manager.get(pk=root.pk)
    assert {erased.is_active, erased.is_staff, erased.is_superuser} == {False}
    assert not erased.groups.exists()
    assert not erased.has_usable_password()


def test_part_of_a_longer_name_of_somebody_else_stays(db: None, operator: User) -> None:
    user, other = make_user(username="ann", email="ann@example.com"), make_user(username="joanna")
    write_log(operator, other, "joanna", "joanna and ann@example.com")
    erase_user(user.pk, clock.now())
    entry = LogEntry.objects.get(object_id=str(other.pk))
    assert (entry.object_repr, entry.change_message) == ("joanna", f"joanna and {pseudonym_of(user.pk)}")


def test_unknown_user_is_refused(quast: User) -> None:
    key = quast.pk
    get_user_model()._base_manager.filter(pk=key)._raw_delete("default")
    Profile.objects.filter(pk=key).delete()
    with pytest.raises(UnknownAccount):
        erase_user(key, clock.now())


def test_command_erases_by_name_and_key_and_says_so(quast: User) -> None:
    told = StringIO()
    with pytest.raises(CommandError, match="no such user"):
        call_command("erase_user", "nobody", "--reason", "wished")
    call_command("erase_user", quast.get_username(), "--reason", "wished", "--yes", stdout=told)
    call_command("erase_user", str(quast.pk), "--key", "--reason", "wished", "--yes", stdout=told)
    assert told.getvalue() == f"Erased user {quast.pk}.\nUser {quast.pk} was erased before.\n"
    assert Profile.objects.get(user=quast.pk).erasure_reason == "wished"


def test_command_asks_first(quast: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match="nothing was done"):
        call_command("erase_user", quast.get_username(), "--reason", "wished")
    assert not is_erased(quast.pk)
