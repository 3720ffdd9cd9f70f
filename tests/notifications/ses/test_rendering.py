"""Rendered mails."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from django.conf import LazySettings
from django.urls import resolve

from accounts.models import User
from foundation.email_addresses import UndeliverableAddress
from notifications.models import Channel, Notification
from notifications.ses.mail import Mail
from notifications.ses.mailer import compose
from notifications.ses.rendering import render_mail
from payments.models.payment import WITHDRAWAL
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


def latest_mail() -> Mail:
    return render_mail(Notification.objects.filter(channel=Channel.SES).latest("pk"))


def subscribe(user: User | None = None, **plan: object) -> Subscription:
    return Service.create_subscription(user or make_user(first_name="Ada"), make_plan(**plan), now=NOW)


def test_creation_names_plan_end_and_price() -> None:
    subscribe()
    mail = latest_mail()
    assert mail.subject == "Your subscription to Monthly has begun"
    for body in (mail.text, mail.html):
        assert "Hello Ada," in body
        assert "Your subscription lasts until Dec. 31, 2026, 03:00 UTC." in body
        assert "9.90 EUR" in body
        assert "http://127.0.0.1:8000/subscriptions/" in body
    assert resolve("/subscriptions/").url_name == "subscriptions"


def test_free_plan_names_no_price() -> None:
    subscribe(price=0)
    assert "price" not in latest_mail().text


def test_cancellation_says_that_access_stays_until_the_end() -> None:
    Service.cancel_subscription(subscribe(), now=NOW)
    mail = latest_mail()
    assert mail.subject == "Your subscription to Monthly is cancelled"
    assert "Your subscription stays until Dec. 31, 2026, 03:00 UTC" in mail.text


def test_reactivation_renewal_and_expiry_have_their_own_words() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    assert "goes on" in latest_mail().subject
    Service.renew_subscription(subscription, now=NOW)
    assert "Your subscription now lasts until Jan. 30, 2027, 03:00 UTC." in latest_mail().text
    Service.sweep(now=NOW + 2 * MONTH)
    assert latest_mail().subject == "Your subscription to Monthly has ended"
    assert "Monthly ended on Jan. 30, 2027, 03:00 UTC." in latest_mail().html


def reminder(subscription: Subscription) -> Mail:
    """Render a reminder with the subscription's present state."""
    event = subscription.events.filter(transition="created").get()
    Notification.objects.get_or_create(event=event, channel=Channel.SES, days_before=7)
    return render_mail(Notification.objects.get(event=event, days_before=7))


def test_reminder_says_that_the_end_comes_unless_it_is_renewed_and_where() -> None:
    subscription = subscribe()
    mail = reminder(subscription)
    assert mail.subject == "Your access to Monthly ends on Dec. 31, 2026"
    address = f"/subscriptions/{subscription.pk}/renew/"
    for body in (mail.text, mail.html):
        assert "ends on Dec. 31, 2026, 03:00 UTC, unless it is renewed before then" in body
        assert f"http://127.0.0.1:8000{address}" in body
        assert "cancel" not in body
    assert resolve(address).url_name == "renew_subscription"


def test_reminder_of_a_cancelled_one_says_so_and_where_to_take_it_back() -> None:
    subscription = subscribe()
    assert "unless it is renewed" in reminder(subscription).text
    Service.cancel_subscription(subscription, now=NOW)
    mail = reminder(subscription)
    address = f"/subscriptions/{subscription.pk}/reactivate/"
    for body in (mail.text, mail.html):
        assert "Monthly is cancelled, and your access ends on Dec. 31, 2026, 03:00 UTC." in body
        assert f"http://127.0.0.1:8000{address}" in body
        assert "renew" not in body
    assert resolve(address).url_name == "reactivate_subscription"
    Service.reactivate_subscription(subscription, now=NOW)
    assert "unless it is renewed" in reminder(subscription).text


def test_reminder_in_german(settings: LazySettings) -> None:
    settings.LANGUAGE_CODE = "de"
    mail = reminder(subscribe())
    assert mail.subject == "Ihr Zugang zu Monthly endet am 31. Dezember 2026"
    assert "wenn er nicht vorher verlängert wird" in mail.text
    assert '<html lang="de">' in mail.html


def test_mail_keeps_the_figures_of_its_event_when_the_subscription_has_moved_on() -> None:
    subscription = subscribe()
    created = Notification.objects.get(channel=Channel.SES)
    Service.renew_subscription(subscription, now=datetime(2026, 12, 5, tzinfo=UTC))
    assert "Dec. 31, 2026" in render_mail(Notification.objects.get(pk=created.pk)).text


def test_names_are_plain_in_text_escaped_in_html_and_never_a_template() -> None:
    subscribe(make_user(first_name="O'Neil <b>"), name="{{ event.subscription.user.password }} & Co")
    mail = latest_mail()
    assert "Hello O'Neil <b>," in mail.text
    assert "{{ event.subscription.user.password }} & Co" in mail.text
    assert "O&#x27;Neil &lt;b&gt;" in mail.html
    assert "{{ event.subscription.user.password }} &amp; Co" in mail.subject.replace("&", "&amp;")


def test_line_break_in_a_plans_name_adds_no_header() -> None:
    subscribe(name="Monthly\r\nBcc: evil@example.com")
    message = compose(Notification.objects.get(channel=Channel.SES))
    assert message_from_bytes(message.mime)["Bcc"] is None
    assert latest_mail().subject == "Your subscription to Monthly Bcc: evil@example.com has begun"


@pytest.mark.parametrize(
    ("address", "problem"),
    [("", "no e-mail address"), ("Bob, evil@x.com <b@x.com>", "not a valid"), ("a@b@c", "not a valid")],
)
def test_address_that_no_mail_can_reach_is_named_without_being_told(address: str, problem: str) -> None:
    subscribe(make_user(email=address))
    with pytest.raises(UndeliverableAddress, match=problem) as raised:
        latest_mail()
    assert not address or address not in str(raised.value)


def test_mime_has_text_and_html_and_one_recipient() -> None:
    user = make_user(email="ada@example.com")
    subscribe(user)
    message = compose(Notification.objects.get(channel=Channel.SES))
    assert message.recipient == "ada@example.com"
    assert b"To: ada@example.com" in message.mime
    assert b"multipart/alternative" in message.mime
    assert message.mime.index(b"text/plain") < message.mime.index(b"text/html")


def late() -> Subscription:
    """Return a subscription whose access goes on for a week after its end on Dec. 31."""
    subscription = subscribe()
    return Service.grant_grace(subscription, subscription.end_date + timedelta(days=7), now=NOW)


LATE = datetime(2027, 1, 4, 8, 15, tzinfo=UTC)


def test_cancellation_of_a_late_one_is_confirmed_with_its_time_and_the_end_of_access() -> None:
    subscription = late()
    Service.cancel_subscription(subscription, now=LATE, actor=subscription.user)
    for body in (latest_mail().text, latest_mail().html):
        assert "You have cancelled Monthly." in body
        assert "We received the cancellation on Jan. 4, 2027, 08:15 UTC. Your access ended with it." in body
        assert "Dec. 31" not in body


def test_end_after_the_grace_period_is_that_of_access() -> None:
    late()
    Service.sweep(now=datetime(2027, 1, 7, 3, 4, tzinfo=UTC))
    for body in (latest_mail().text, latest_mail().html):
        assert "Monthly ended on Jan. 7, 2027, 03:00 UTC." in body
        assert "Dec. 31" not in body


def test_end_that_an_operator_brings_to_a_late_one_is_that_of_access() -> None:
    Service.cancel_now(late(), now=LATE, actor=make_user())
    for body in (latest_mail().text, latest_mail().html):
        assert "We ended Monthly on Jan. 4, 2027, 08:15 UTC." in body


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "Sie haben Monthly gekündigt. Wir haben die Kündigung am 4. Januar 2027, 08:15 UTC erhalten."),
        (WITHDRAWAL, "Sie haben den Vertrag über Monthly widerrufen. Wir haben den Widerruf am 4. Januar 2027"),
    ],
)
def test_end_that_its_subscriber_asked_for_in_german(settings: LazySettings, reason: str, said: str) -> None:
    settings.LANGUAGE_CODE = "de"
    subscription = late()
    Service.cancel_now(subscription, reason, now=LATE, actor=subscription.user)
    for body in (latest_mail().text, latest_mail().html):
        assert said in body
        assert "Ihr Zugang endete damit." in body


@pytest.mark.parametrize(
    ("transition", "own", "of_operators", "of_nobody"),
    [
        ("created", "Thank you for subscribing to Monthly.", "We have set up a subscription to Monthly for you.", None),
        ("renewed", "Monthly is renewed.", "We have renewed Monthly for you.", None),
        ("cancelled", "Monthly is cancelled, as you wished.", "We have cancelled Monthly.", "Monthly is cancelled."),
        ("reactivated", "You have resumed Monthly.", "We have resumed Monthly for you.", "Monthly is resumed."),
        ("expired", "You have cancelled Monthly.", "We ended Monthly on", "Monthly ended on"),
    ],
)
def test_mail_says_who_asked_for_it(transition: str, own: str, of_operators: str, of_nobody: str | None) -> None:
    subscription, operator = subscribe(), make_user()
    for actor, words in ((subscription.user, own), (operator, of_operators), (None, of_nobody or own)):
        event = SubscriptionEvent.objects.create(
            subscription=subscription,
            transition=transition,
            actor=actor,
            occurred_at=NOW,
            new_end_date=subscription.end_date,
            plan=subscription.plan,
            price=0,
            currency="EUR",
        )
        mail = render_mail(Notification.objects.create(event=event, channel=Channel.SES))
        for body in (mail.text, mail.html):
            assert words in body
            assert ("as you wished" in body) == ("as you wished" in words)


def test_mail_about_an_end_names_the_subscription_that_still_gives_access() -> None:
    subscription = subscribe()
    Service.create_subscription(subscription.user, make_plan(name="Yearly", duration_days=365), now=NOW)
    Service.cancel_subscription(subscription, now=NOW)
    for body in (latest_mail().text, latest_mail().html, reminder(subscription).text):
        assert "Your subscription to Yearly gives you access until Dec. 1, 2027, 03:00 UTC." in body


def test_receipt_of_a_period_that_is_no_longer_the_last_confirms_it_and_promises_nothing() -> None:
    Service.renew_subscription(subscribe(), now=NOW)
    mail = render_mail(Notification.objects.filter(channel=Channel.SES).earliest("pk"))
    assert "This mail confirms the period until Dec. 31, 2026, 03:00 UTC." in mail.text
    assert "lasts until" not in mail.text
