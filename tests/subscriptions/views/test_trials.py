"""Page on which a free trial is started."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan(trial_days=14, duration_months=1)


def trial(plan: Plan) -> str:
    return reverse("trial", args=[plan.pk])


def plans(browser: Client) -> str:
    return browser.get(reverse("plans")).content.decode()


def start(browser: Client, plan: Plan) -> None:
    answer = browser.post(trial(plan), Terms.of_trial(plan).as_text())
    assert answer["Location"] == reverse("subscription_success")


def test_page_says_what_the_trial_is_and_what_follows(page: Client, plan: Plan) -> None:
    assert "Try 14 days free" in plans(page)
    text = " ".join(page.get(trial(plan)).content.decode().split())
    for part in ("14 days, free of charge", "9.90 EUR per month", "ends by itself", "cancel at any time"):
        assert part in text
    assert not Subscription.objects.exists()


def test_subscriber_starts_a_trial_without_paying(page: Client, plan: Plan, settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    assert "Nothing is charged for the trial" in page.get(trial(plan)).content.decode()
    start(page, plan)
    assert Subscription.objects.get().trial
    assert "Monthly" in page.get(reverse("subscription_success")).content.decode()


def test_second_click_leads_to_the_trial(page: Client, plan: Plan) -> None:
    start(page, plan)
    started = reverse("subscription", args=[Subscription.objects.get().pk])
    assert page.post(trial(plan), Terms.of_trial(plan).as_text())["Location"] == started
    assert page.get(trial(plan))["Location"] == started
    assert Subscription.objects.count() == 1


def test_trial_that_was_used_is_neither_offered_nor_given(page: Client, ada: User, plan: Plan) -> None:
    start(page, plan)
    held = Subscription.objects.get()
    Service.cancel_now(held, now=held.start_date + timedelta(seconds=1))
    other = make_plan(name="Other", trial_days=7)
    assert "free" not in plans(page)
    for answer in (page.get(trial(other)), page.post(trial(other), Terms.of_trial(other).as_text())):
        assert answer.status_code == 409
        assert "You have had your free trial." in answer.content.decode()


def test_visitor_is_offered_the_trial_and_signs_in_first(client: Client, plan: Plan) -> None:
    assert trial(plan) in plans(client)
    assert client.get(trial(plan))["Location"].endswith(f"?next={trial(plan)}")


def test_changed_trial_is_asked_again(page: Client, plan: Plan) -> None:
    shown = Terms.of_trial(plan).as_text()
    Plan.objects.update(trial_days=7)
    answer = page.post(trial(plan), shown)
    assert answer.status_code == 409
    assert "Previous trial: 14 days" in answer.content.decode()


@pytest.mark.parametrize(("fields", "text"), [({}, "no free trial"), ({"on_sale": False}, "no longer on sale")])
def test_plan_without_a_trial_says_so(page: Client, fields: dict[str, object], text: str) -> None:
    answer = page.get(trial(make_plan(**fields)))
    assert answer.status_code == 409
    assert text in answer.content.decode()
