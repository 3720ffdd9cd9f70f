"""Free trials: once per person, whatever becomes of them."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from accounts.models import User
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile, NoTrial, PlanNotOnSale, TrialUsed
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from subscriptions.trials import may_try, start_trial
from tests.support.factories import NOW, has_access, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def plan() -> Plan:
    return make_plan(trial_days=14, duration_months=1)


@pytest.fixture
def ada() -> User:
    return make_user()


def test_trial_gives_access_for_its_days_at_no_price(plan: Plan, ada: User) -> None:
    started = start_trial(ada, plan, now=NOW, actor=ada)
    assert (started.trial, started.start_date, started.end_date) == (True, NOW, NOW + 14 * DAY)
    assert has_access(ada)
    event = SubscriptionEvent.objects.get()
    assert (event.transition, event.price, event.currency, event.actor) == ("created", Decimal(0), "EUR", ada)


def test_trial_ends_by_itself_at_its_end(plan: Plan, ada: User) -> None:
    started = start_trial(ada, plan, now=NOW)
    Service.sweep(now=started.end_date - timedelta(microseconds=1))
    assert has_access(ada)
    Service.sweep(now=started.end_date)
    assert not has_access(ada)


def test_paid_period_follows_the_trial_and_the_trial_stays_used(plan: Plan, ada: User) -> None:
    renewed = Service.renew_subscription(start_trial(ada, plan, now=NOW), now=NOW + 13 * DAY)
    assert renewed.end_date.isoformat() == "2027-01-15T03:00:00+00:00"
    assert renewed.trial
    assert not may_try(ada)


@pytest.mark.parametrize("end", ["cancelled", "ended by an operator", "expired", "renewed"])
def test_second_trial_is_refused_of_any_plan_whatever_became_of_the_first(plan: Plan, ada: User, end: str) -> None:
    first = start_trial(ada, plan, now=NOW)
    match end:
        case "cancelled":
            Service.cancel_subscription(first, now=NOW + DAY)
        case "ended by an operator":
            Service.cancel_now(first, now=NOW + DAY)
        case "renewed":
            Service.renew_subscription(first, now=NOW + DAY)
    Service.sweep(now=NOW + 60 * DAY)
    for another in (plan, make_plan(trial_days=3)):
        with pytest.raises(TrialUsed):
            start_trial(ada, another, now=NOW + 60 * DAY)
    assert Service.create_subscription(ada, plan, now=NOW + 60 * DAY).trial is False
    assert Subscription.objects.filter(user=ada, trial=True).count() == 1


def test_database_refuses_a_second_trial_too(plan: Plan, ada: User) -> None:
    start_trial(ada, plan, now=NOW)
    with pytest.raises(IntegrityError, match=r"user_id|subscription_one_trial_per_user"):
        Subscription.objects.create(user=ada, plan=make_plan(), start_date=NOW, end_date=NOW + DAY, trial=True)


def test_trial_is_refused_where_there_is_none(plan: Plan, ada: User) -> None:
    with pytest.raises(NoTrial):
        start_trial(ada, make_plan(), now=NOW)
    with pytest.raises(PlanNotOnSale):
        start_trial(ada, make_plan(trial_days=1, on_sale=False), now=NOW)
    Service.create_subscription(ada, plan, now=NOW)
    with pytest.raises(AlreadySubscribed):
        start_trial(ada, plan, now=NOW)
    assert may_try(ada)


@pytest.mark.parametrize("change", [{"price": "12.00"}, {"trial_days": 7}])
def test_trial_on_other_terms_than_were_shown_is_refused(plan: Plan, ada: User, change: dict[str, object]) -> None:
    shown = Terms.of_trial(plan)
    Plan.objects.update(**change)
    with pytest.raises(ChangedMeanwhile):
        start_trial(ada, plan, now=NOW, shown=shown)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("days", ["-1", "0.5", "366"])
def test_plan_refuses_a_trial_that_is_no_number_of_days(days: str) -> None:
    plan = Plan(name="Monthly", price="9.90", duration_days=30, trial_days=days)
    with pytest.raises(ValidationError, match="trial_days"):
        plan.full_clean()


def test_free_plan_refuses_a_trial() -> None:
    with pytest.raises(ValidationError, match="A free plan needs no trial"):
        Plan(name="Free", price=0, duration_days=30, trial_days=7).full_clean()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_of_two_tabs_at_once_one_starts_a_trial() -> None:
    ada, plans = make_user(), [make_plan(trial_days=14), make_plan(trial_days=7)]
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def press(plan: Plan) -> None:
        both.wait(PATIENCE_SECONDS)
        try:
            start_trial(ada, plan, now=NOW)
            outcomes.append("started")
        except TrialUsed:
            outcomes.append("refused")
        finally:
            connection.close()

    tabs = [threading.Thread(target=press, args=[plan]) for plan in plans]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(PATIENCE_SECONDS)
    assert sorted(outcomes) == ["refused", "started"]
    assert Subscription.objects.count() == 1
