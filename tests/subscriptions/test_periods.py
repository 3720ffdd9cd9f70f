"""Price and length of bought periods."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone

from subscriptions.bought_periods import cancel_bought
from subscriptions.models import Plan, Subscription
from subscriptions.periods import Period, period_of, with_period
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_due, make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST = Period(Decimal("9.90"), "EUR", 30)
DEAR = Period(Decimal("99.00"), "CHF", 365)


def make_dear(plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(price="99.00", currency="CHF", duration_days=365)


def period_at(subscription: Subscription, now: datetime) -> Period | None:
    return period_of(with_period(Subscription.objects.filter(pk=subscription.pk), now).get())


@pytest.fixture
def subscription() -> Subscription:
    return Service.create_subscription(make_user(), make_plan(), now=NOW)


def test_period_keeps_its_price_and_length_when_the_plan_changes(subscription: Subscription) -> None:
    make_dear(subscription.plan)
    Service.cancel_subscription(subscription, now=NOW + DAY)
    assert period_at(subscription, NOW + DAY) == FIRST


def test_renewal_in_advance_counts_from_the_end_of_the_period_under_way(subscription: Subscription) -> None:
    make_dear(subscription.plan)
    Service.renew_subscription(subscription, now=NOW + DAY)
    assert period_at(subscription, NOW + MONTH - DAY) == FIRST
    assert period_at(subscription, NOW + MONTH) == DEAR


def test_period_that_was_taken_back_before_it_began_does_not_count(subscription: Subscription) -> None:
    make_dear(subscription.plan)
    renewed = Service.renew_subscription(subscription, now=NOW + DAY)
    cancel_bought(renewed, NOW + MONTH, "withdrawn", now=NOW + 2 * DAY, actor=subscription.user)
    assert period_at(subscription, NOW + MONTH) == FIRST


def test_renewal_of_what_has_ended_counts_at_once(subscription: Subscription) -> None:
    Service.cancel_now(subscription, now=NOW + DAY)
    make_dear(subscription.plan)
    Service.renew_subscription(subscription, now=NOW + 2 * DAY)
    assert period_at(subscription, NOW + 2 * DAY) == DEAR


def test_period_that_no_event_tells_of_is_unknown() -> None:
    (imported,) = make_due(make_plan(), 1)
    assert period_at(imported, NOW) is None
    assert "Monthly" in sign_in(imported.user).get(reverse("subscription", args=[imported.pk])).content.decode()


@pytest.mark.parametrize("name", ["subscription", "subscriptions"])
def test_subscriber_sees_what_they_bought(name: str) -> None:
    made = Service.create_subscription(make_user(), make_plan(), now=timezone.now())
    make_dear(made.plan)
    address = reverse(name, args=[made.pk] if name == "subscription" else [])
    text = sign_in(made.user).get(address).content.decode()
    assert "9.90 EUR" in text
    assert "30 days" in text
    assert "99.00" not in text


def test_renewal_shows_what_it_costs_now(settings: LazySettings) -> None:
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    made = Service.create_subscription(make_user(), make_plan(), now=timezone.now())
    make_dear(made.plan)
    text = sign_in(made.user).get(reverse("renew_subscription", args=[made.pk])).content.decode()
    assert "99.00 CHF" in text
    assert "365 days" in text
