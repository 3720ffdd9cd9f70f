"""Plans by calendar months: what is sold, renewed, shown and refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from foundation import clock
from subscriptions.errors import ChangedMeanwhile, RenewalTooEarly
from subscriptions.forms import PlanForm
from subscriptions.lengths import length_text
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

JANUARY_31 = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)


def monthly(**fields: object) -> Plan:
    return make_plan(duration_months=1, **fields)


def subscribed(plan: Plan | None = None, now: datetime = JANUARY_31) -> Subscription:
    return Service.create_subscription(make_user(), plan or monthly(), now=now)


def renewed(subscription: Subscription, now: datetime) -> datetime:
    return Service.renew_subscription(subscription, now=now).end_date


def test_month_that_begins_on_the_31st_ends_on_the_last_day_and_comes_back_to_the_31st() -> None:
    subscription = subscribed()
    ends = [subscription.end_date, *(renewed(subscription, JANUARY_31) for _renewal in range(3))]

    assert [(end.month, end.day, end.timetz()) for end in ends] == [
        (month, day, JANUARY_31.timetz()) for month, day in [(2, 28), (3, 31), (4, 30), (5, 31)]
    ]


def test_year_from_a_leap_day_ends_on_the_28th_and_on_the_next_leap_day() -> None:
    leap_day = datetime(2028, 2, 29, tzinfo=UTC)
    subscription = subscribed(make_plan(duration_months=12), leap_day)
    ends = [subscription.end_date, *(renewed(subscription, leap_day) for _year in range(3))]

    assert [end.day for end in ends] == [28, 28, 28, 29]


def test_renewal_after_the_end_takes_the_day_on_which_it_begins() -> None:
    subscription = subscribed()
    late = datetime(2026, 4, 15, tzinfo=UTC)

    Service.renew_subscription(subscription, now=late)
    again = Service.renew_subscription(subscription, now=late)

    assert again.end_date == datetime(2026, 6, 15, tzinfo=UTC)
    assert again.anchor_day == 15


def test_end_that_was_moved_by_days_begins_periods_of_its_own_day() -> None:
    subscription = subscribed()
    Subscription.objects.filter(pk=subscription.pk).update(end_date=datetime(2026, 3, 2, tzinfo=UTC))

    assert renewed(subscription, JANUARY_31) == datetime(2026, 4, 2, tzinfo=UTC)


def test_row_of_the_release_before_continues_from_its_end() -> None:
    subscription = subscribed(make_plan())
    Plan.objects.filter(pk=subscription.plan_id).update(duration_months=1)
    assert subscription.anchor_day == 0

    assert renewed(subscription, JANUARY_31) == datetime(2026, 4, 2, 17, 30, tzinfo=UTC)


def test_plan_by_days_is_as_long_as_ever() -> None:
    subscription = subscribed(make_plan(duration_days=30))
    Service.renew_subscription(subscription, now=JANUARY_31)
    assert subscription.end_date == JANUARY_31 + timedelta(days=60)


@pytest.mark.parametrize(("months", "days"), [(1, 30), (3, 91), (12, 365), (1_200, 36_500)])
def test_plan_by_months_has_a_typical_length_in_days(months: int, days: int) -> None:
    assert make_plan(duration_months=months, duration_days=1).duration_days == days


def test_database_refuses_more_months_than_a_century() -> None:
    plan = monthly()
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(duration_months=1_201)


def test_event_tells_the_months_that_were_sold_and_the_period_shows_them() -> None:
    subscription = subscribed(now=clock.now())
    Plan.objects.filter(pk=subscription.plan_id).update(duration_months=0, duration_days=7)
    assert [event.duration_months for event in SubscriptionEvent.objects.all()] == [1]

    page = sign_in(subscription.user).get(reverse("subscription", args=[subscription.pk])).content.decode()

    assert "1 month" in page


def test_page_says_the_months_and_the_end_that_follows() -> None:
    plan = make_plan(name="Yearly", duration_months=12)
    page = sign_in(make_user()).get(reverse("subscribe", args=[plan.pk])).content.decode()
    end = plan.end_after(clock.now(), clock.now().day)
    assert "1 year" in page
    assert str(end.year) in page


def test_change_from_days_to_months_is_a_change_of_the_terms() -> None:
    plan = make_plan(duration_days=30)
    shown = Terms.of(plan=plan)
    Plan.objects.filter(pk=plan.pk).update(duration_months=1)
    with pytest.raises(ChangedMeanwhile):
        Service.create_subscription(make_user(), plan, shown=shown)


def test_form_takes_months_alone_or_days_alone_and_refuses_neither() -> None:
    sold = {"name": "Pro", "price": "9.90", "currency": "EUR"}
    assert PlanForm(sold | {"duration_months": 1}).is_valid()
    assert PlanForm(sold | {"duration_months": 0, "duration_days": 30}).is_valid()
    nothing = PlanForm(sold | {"duration_months": 0})
    assert nothing.errors == {"duration_days": ["Enter the days or the months."]}


def test_reminder_that_february_is_too_short_for_is_refused() -> None:
    plan = Plan(name="Pro", price=1, currency="EUR", duration_months=1, reminder_days=[28, 7])
    with pytest.raises(ValidationError, match=r"A period has 28 days; remove 28\."):
        plan.clean()


@pytest.mark.parametrize(
    ("days", "months", "english", "german"),
    [
        (1, 0, "1 day", "1 Tag"),
        (30, 0, "30 days", "30 Tage"),
        (30, 1, "1 month", "1 Monat"),
        (547, 18, "18 months", "18 Monate"),
        (365, 12, "1 year", "1 Jahr"),
        (730, 24, "2 years", "2 Jahre"),
    ],
)
def test_length_as_people_say_it(days: int, months: int, english: str, german: str) -> None:
    assert length_text(days, months) == english
    with translation.override("de"):
        assert length_text(days, months) == german


def test_renewal_says_until_when_it_lasts(settings: LazySettings) -> None:
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    subscription = subscribed(now=clock.now())
    page = sign_in(subscription.user).get(reverse("renew_subscription", args=[subscription.pk])).content.decode()
    following = subscription.plan.end_after(subscription.end_date, subscription.anchor_day)
    assert "1 month" in page
    assert following.strftime("%H:%M") in page


def test_free_month_is_renewed_from_the_day_on_which_its_last_period_begins() -> None:
    subscription = subscribed(monthly(price=0))
    renewed(subscription, JANUARY_31)
    opens = datetime(2026, 2, 28, 17, 30, tzinfo=UTC)
    with pytest.raises(RenewalTooEarly) as refusal:
        Service.renew_subscription(subscription, now=opens - timedelta(microseconds=1), early=lambda: False)
    assert refusal.value.possible_from == opens
    Service.renew_subscription(subscription, now=opens, early=lambda: False)
    assert subscription.end_date == datetime(2026, 4, 30, 17, 30, tzinfo=UTC)
