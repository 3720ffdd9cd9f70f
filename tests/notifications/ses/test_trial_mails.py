"""Mails about a free trial: what follows it, and what that costs."""

from decimal import Decimal

import pytest

from notifications.models import Channel, Notification
from notifications.ses.mail import Mail
from notifications.ses.rendering import render_mail
from payments.models import PaymentMethod, Renewal
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.trials import start_trial
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]


@pytest.fixture
def trial() -> Subscription:
    return start_trial(make_user(), make_plan(trial_days=14), now=NOW)


def reminder(subscription: Subscription, transition: str = "created") -> Mail:
    event = subscription.events.get(transition=transition)
    return render_mail(Notification.objects.create(event=event, channel=Channel.SES, days_before=7))


def test_first_mail_says_that_nothing_is_charged_and_what_it_costs_afterwards(trial: Subscription) -> None:
    mail = render_mail(Notification.objects.get(channel=Channel.SES))
    for body in (mail.text, mail.html):
        assert "nothing is charged, and it ends by itself unless you renew it. It then costs 9.90 EUR." in body


def test_reminder_of_a_trial_that_ends_by_itself_says_so(trial: Subscription) -> None:
    mail = reminder(trial)
    assert mail.subject == "Your free trial of Monthly ends on Dec. 15, 2026"
    for body in (mail.text, mail.html):
        assert "Nothing is charged. If you would rather stay, it costs 9.90 EUR:" in body
        assert f"/subscriptions/{trial.pk}/" in body


def test_reminder_of_a_trial_that_renews_names_what_was_agreed(trial: Subscription) -> None:
    method = PaymentMethod.objects.create(user=trial.user, provider="stripe", customer="cus_1", token="pm_1")
    Renewal.objects.create(
        subscription=trial, auto_renew=True, method=method, amount=Decimal("8.00"), currency="EUR", agreed_at=NOW
    )
    mail = reminder(trial)
    assert mail.subject == "Your free trial of Monthly ends on Dec. 15, 2026, then it costs 8.00 EUR"
    for body in (mail.text, mail.html):
        assert "Then it renews for 8.00 EUR. We charge it a day before." in body


def test_paid_period_after_the_trial_is_reminded_of_as_ever(trial: Subscription) -> None:
    Service.renew_subscription(trial, now=NOW)
    assert reminder(trial, "renewed").subject == "Your access to Monthly ends on Jan. 14, 2027"
