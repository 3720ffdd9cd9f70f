"""Plans on sale, and subscribing."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import has_access, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS


def subscribe(plan: Plan) -> str:
    return reverse("subscribe", args=[plan.pk])


def test_plans_on_sale_are_listed_cheapest_first_with_price_and_length(client: Client, free: Plan) -> None:
    make_plan()
    make_plan(name="Withdrawn", on_sale=False)
    text = client.get(reverse("plans")).content.decode()
    assert text.index("Free trial") < text.index("Monthly")
    assert "9.90 EUR" in text
    assert "30 days" in text
    assert "Withdrawn" not in text


def test_nothing_on_sale_is_said(client: Client, db: None) -> None:
    assert "There are no plans on sale" in client.get(reverse("plans")).content.decode()


def test_subscriber_sees_until_when_they_have_a_plan(page: Client, subscription: Subscription) -> None:
    text = page.get(reverse("plans")).content.decode()
    assert "Yours until" in text
    assert subscription.end_date.isoformat() in text
    assert subscribe(subscription.plan) not in text


def test_subscriber_in_grace_sees_until_when_access_lasts(page: Client, subscription: Subscription) -> None:
    end = subscription.end_date
    Service.grant_grace(subscription, end + timedelta(days=7), now=end - timedelta(days=1))
    with time_machine.travel(end + timedelta(days=1)):
        page.force_login(subscription.user)
        text = page.get(reverse("plans")).content.decode()
    assert (end + timedelta(days=7)).isoformat() in text
    assert end.isoformat() not in text


def test_plan_that_ran_out_can_be_had_again_before_the_sweep(page: Client, ada: User, now: datetime) -> None:
    ended = Service.create_subscription(ada, make_plan(), now=now - timedelta(days=31))
    assert subscribe(ended.plan) in page.get(reverse("plans")).content.decode()
    page.post(subscribe(ended.plan))
    assert Subscription.objects.live(now).filter(user=ada).count() == 1


def test_queries_do_not_grow_with_plans(
    page: Client, subscription: Subscription, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        make_plan()
    with django_assert_num_queries(4):  # session, user, plans, what she has
        page.get(reverse("plans"))


def test_get_shows_what_one_gets_and_changes_nothing(page: Client, free: Plan) -> None:
    text = page.get(subscribe(free)).content.decode()
    assert "14 days" in text
    assert "Subscribe for free" in text
    assert not Subscription.objects.exists()


def test_post_subscribes_and_gives_access(page: Client, ada: User, free: Plan) -> None:
    answer = page.post(subscribe(free))
    assert answer.headers["Location"] == reverse("subscription_success")
    assert has_access(ada)
    assert SubscriptionEvent.objects.get().actor == ada
    assert "You are subscribed to Free trial" in page.get(reverse("subscription_success")).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_anonymous_is_led_to_sign_in_and_back(client: Client, free: Plan, method: str) -> None:
    answer = getattr(client, method)(subscribe(free))
    assert answer.headers["Location"] == f"{reverse('login')}?next={subscribe(free)}"
    assert not Subscription.objects.exists()


def test_repeated_subscribe_leads_to_what_one_has(page: Client, subscription: Subscription) -> None:
    answer = page.post(subscribe(subscription.plan), follow=True)
    assert answer.redirect_chain == [(reverse("subscription", args=[subscription.pk]), 302)]
    assert "You already subscribe to this plan" in answer.content.decode()
    assert Subscription.objects.count() == 1


def test_cancelled_and_live_is_not_bought_twice(page: Client, subscription: Subscription, now: datetime) -> None:
    Service.cancel_subscription(subscription, now=now)
    page.post(subscribe(subscription.plan))
    assert Subscription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_double_click_subscribes_once(free: Plan) -> None:
    user, together, answers = make_user(), threading.Barrier(2, timeout=PATIENCE_SECONDS), []

    def click() -> None:
        client = Client()
        client.force_login(user)
        together.wait()
        answers.append(client.post(subscribe(free)).status_code)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Subscription.objects.count() == 1
    assert answers == [302, 302]


def test_slower_one_of_two_clicks_is_led_to_what_the_other_one_made(
    page: Client, free: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Service.create_subscription

    def outrun(user: User, plan: Plan, **details: Any) -> Subscription:
        create(user, plan, **details)
        return create(user, plan, **details)

    monkeypatch.setattr(Service, "create_subscription", outrun)
    answer = page.post(subscribe(free))
    assert answer.headers["Location"] == reverse("subscription", args=[Subscription.objects.get().pk])


@pytest.mark.parametrize("method", ["get", "post"])
def test_plan_that_is_not_on_sale_is_409_and_says_what_to_do(page: Client, free: Plan, method: str) -> None:
    Plan.objects.update(on_sale=False)
    answer = getattr(page, method)(subscribe(free))
    assert answer.status_code == 409
    assert "no longer on sale" in answer.content.decode()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("plan_id", [0, 999_999, 2**63, 10**30])
def test_unknown_or_absurd_plan_is_404(page: Client, plan_id: int) -> None:
    assert page.get(f"/subscribe/{plan_id}/").status_code == 404
    assert page.post(f"/subscribe/{plan_id}/").status_code == 404


def test_number_too_long_for_python_is_404(page: Client) -> None:
    assert page.get(f"/subscribe/{'9' * 5000}/").status_code == 404


@pytest.mark.django_db
def test_plan_says_what_it_includes_and_saves(client: Client) -> None:
    monthly = make_plan(name="Monthly", price=10, duration_months=1)
    make_plan(
        name="Yearly",
        price=99,
        duration_months=12,
        description="For <teams>",
        includes="Five seats\n\n Support & advice \r\n",
        compared_with=monthly,
    )
    text = " ".join(client.get(reverse("plans")).content.decode().split())
    assert "per month" in text
    assert "per year" in text
    assert "17 % less than Monthly" in text
    assert "For &lt;teams&gt;" in text
    assert "<li>Five seats</li><li>Support &amp; advice</li>" in text
