"""Reminders of a charge: nobody who renews automatically is charged unawares."""

from datetime import timedelta
from typing import Any

import pytest

from notifications.models import Notification
from notifications.reminders import next_mark
from notifications.ses.rendering import render_mail
from payments.models import PaymentMethod, Renewal
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.trials import start_trial
from tests.notifications.reminded import recorded, remind, subscribe
from tests.support.factories import MONTH, NOW, make_due, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def renewing(days: list[int], **fields: Any) -> Subscription:
    """Subscribe to a plan with these reminder days, and agree to renewals by a card."""
    return charged(subscribe(make_plan(reminder_days=days, **fields)))


def trial(days: list[int]) -> Subscription:
    """Begin a trial of 7 days of a plan with these reminder days."""
    return start_trial(make_user(), make_plan(reminder_days=days, trial_days=7, duration_months=12), now=NOW)


def charged(subscription: Subscription) -> Subscription:
    """Agree to renewals by a card."""
    card = PaymentMethod.objects.create(
        user=subscription.user, provider="stripe", customer="cus_1", token=f"pm_{subscription.pk}"
    )
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, method=card, amount=5, currency="EUR", agreed_at=NOW
    )
    return subscription


@pytest.mark.once
@pytest.mark.parametrize(
    ("days", "told"), [([1], [1]), ([7, 1], [7, 1]), ([2, 1], [1]), ([3, 2], [3, 2]), ([], [])], ids=str
)
def test_nobody_is_charged_unawares(days: list[int], told: list[int]) -> None:
    """A day before the end the renewal is charged, and reminders are over."""
    subscription, end = renewing(days), NOW + MONTH
    assert next_mark(NOW) == (end - max(*days, 2) * DAY if days else None)
    for hour in range(24 * 9, 24, -6):
        remind(end - timedelta(hours=hour))
    assert [day for _transition, day in recorded(subscription)] == told
    Subscription.objects.update(grace_until=end + 7 * DAY)
    assert remind(end - DAY) == 0


def test_job_has_nothing_to_do_before_a_charge_that_was_told_earlier() -> None:
    end = renewing([7]).end_date
    assert remind(end - 7 * DAY) == 1
    assert next_mark(end - 7 * DAY) is None
    later = renewing([7, 1])
    assert remind(end - 7 * DAY) == 1
    assert next_mark(end - 7 * DAY) == later.end_date - 2 * DAY


def test_job_has_nothing_to_do_before_a_charge_of_a_subscription_that_was_imported() -> None:
    (imported,) = make_due(make_plan(reminder_days=[7]), 1, end=NOW + MONTH)
    charged(imported)
    assert next_mark(NOW + MONTH - 7 * DAY) is None
    assert remind(NOW + MONTH - 2 * DAY) == 0


def test_mail_names_the_day_and_the_price_before_the_card_is_charged() -> None:
    subscription, end = renewing([1]), NOW + MONTH
    assert remind(end - 2 * DAY - INSTANT) == 0
    assert next_mark(end - 2 * DAY - INSTANT) == end - 2 * DAY
    assert remind(end - 2 * DAY) == 1
    mail = render_mail(Notification.objects.get(event__subscription=subscription, days_before=1))
    assert mail.subject.endswith("Monthly renews on Dec. 31, 2026 for 5.00 EUR")


@pytest.mark.parametrize("days", [[30], [30, 7], [7, 14]], ids=str)
def test_nobody_is_charged_unawares_after_a_trial_shorter_than_the_reminder_days(days: list[int]) -> None:
    subscription, end = trial(days), NOW + 7 * DAY
    charged(subscription)
    assert remind(end - 2 * DAY - INSTANT) == 0
    assert next_mark(end - 2 * DAY - INSTANT) == end - 2 * DAY
    assert [remind(end - hours * DAY / 24) for hours in (48, 47, 25)] == [1, 0, 0]
    mail = render_mail(Notification.objects.get(event__subscription=subscription, days_before=min(days)))
    assert mail.subject.endswith("Your free trial of Monthly ends on Dec. 8, 2026, then it costs 5.00 EUR")


def test_trial_that_is_not_charged_is_reminded_as_the_plan_says() -> None:
    trial([30])
    assert next_mark(NOW) is None
    assert [remind(NOW + hours * DAY / 24) for hours in (1, 5 * 24, 6 * 24)] == [0, 0, 0]


@pytest.mark.parametrize("change", [{"auto_renew": False}, {"method": None}], ids=["turned off", "without a card"])
def test_subscriber_who_is_not_charged_is_reminded_as_the_plan_says(change: dict[str, Any]) -> None:
    renewing([1])
    Renewal.objects.update(**change)
    end = NOW + MONTH
    assert remind(end - 2 * DAY) == 0
    assert next_mark(NOW) == end - DAY
    assert remind(end - DAY) == 1


def test_card_of_a_cancelled_subscription_makes_no_reminder_earlier() -> None:
    Service.cancel_subscription(renewing([1]), now=NOW)
    assert remind(NOW + MONTH - 2 * DAY) == 0


def test_period_that_is_no_longer_than_the_notice_is_not_announced_when_it_begins() -> None:
    renewing([1], duration_days=2)
    assert remind(NOW) == 0
