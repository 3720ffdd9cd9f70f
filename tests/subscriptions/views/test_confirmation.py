"""The page after a POST confirms the subscription concerned, whatever others the subscriber has."""

from datetime import datetime

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user


@pytest.fixture
def other(ada: User, now: datetime) -> Subscription:
    """Create another subscription of Ada's."""
    return Service.create_subscription(ada, make_plan(name="Yearly"), now=now)


def cancel(page: Client, subscription: Subscription) -> str:
    """Return the redirect target of the POST."""
    return str(page.post(reverse("cancel_subscription", args=[subscription.pk])).headers["Location"])


def test_cancelling_what_is_cancelled_confirms_that_one(
    page: Client, subscription: Subscription, other: Subscription
) -> None:
    cancel(page, subscription)
    cancel(page, other)
    text = page.get(cancel(page, subscription)).content.decode()
    assert "Monthly is cancelled" in text
    assert reverse("subscription", args=[subscription.pk]) in text


def test_cancellation_elsewhere_between_post_and_page_is_not_shown(
    page: Client, subscription: Subscription, other: Subscription, now: datetime
) -> None:
    confirmation = cancel(page, subscription)
    Service.cancel_subscription(other, now=now)
    for _ in range(2):
        assert "Monthly is cancelled" in page.get(confirmation).content.decode()


def test_subscription_made_elsewhere_between_post_and_page_is_not_shown(
    page: Client, ada: User, free: Plan, now: datetime
) -> None:
    confirmation = page.post(reverse("subscribe", args=[free.pk])).headers["Location"]
    Service.create_subscription(ada, make_plan(name="Yearly"), now=now)
    assert "You are subscribed to Free trial" in page.get(confirmation).content.decode()


def test_pages_do_not_take_each_others_subscription(page: Client, subscription: Subscription, free: Plan) -> None:
    page.post(reverse("subscribe", args=[free.pk]))
    cancel(page, subscription)
    assert "You are subscribed to Free trial" in page.get(reverse("subscription_success")).content.decode()
    assert "Monthly is cancelled" in page.get(reverse("subscription_cancelled")).content.decode()


def test_another_browser_is_told_of_the_latest(
    page: Client, ada: User, subscription: Subscription, other: Subscription
) -> None:
    cancel(page, subscription)
    cancel(page, other)
    elsewhere = Client()
    elsewhere.force_login(ada)
    assert "Yearly is cancelled" in elsewhere.get(reverse("subscription_cancelled")).content.decode()


def test_next_user_of_the_browser_is_told_nothing(page: Client, subscription: Subscription) -> None:
    confirmation = cancel(page, subscription)
    page.force_login(make_user())
    assert "Nothing here yet" in page.get(confirmation).content.decode()


@pytest.mark.parametrize("forged", ["", "1", "x:y:z", "\x00", "9" * 5000])
def test_cookie_that_is_none_of_ours_says_nothing(page: Client, subscription: Subscription, forged: str) -> None:
    confirmation = cancel(page, subscription)
    page.cookies["subscription_cancelled"] = forged
    assert "Monthly is cancelled" in page.get(confirmation).content.decode()


def test_cookie_goes_where_the_session_goes(page: Client, subscription: Subscription, settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cancel(page, subscription)
    cookie = page.cookies["subscription_cancelled"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def words(page: Client, name: str, **headers: str) -> str:
    """Return the text of the confirmation."""
    return " ".join(page.get(reverse(name), headers=headers).content.decode().split())


def test_confirmation_of_what_is_cancelled_meanwhile(page: Client, subscription: Subscription) -> None:
    cancel(page, subscription)
    text = words(page, "subscription_success")
    assert "You subscribed to Monthly on" in text
    assert "You have since cancelled it." in text
    assert "You are subscribed" not in text
    assert "We will send a confirmation" not in text


@pytest.mark.parametrize("name", ["subscription_success", "subscription_cancelled"])
def test_confirmation_of_what_has_ended_meanwhile(page: Client, subscription: Subscription, name: str) -> None:
    cancel(page, subscription)
    Service.cancel_now(subscription)
    text = words(page, name)
    assert "It has since ended." in text
    assert "Your access ended on" in text
    for contradiction in ("You are subscribed", "is cancelled", "We will send a confirmation"):
        assert contradiction not in text


def test_confirmation_of_a_cancellation_that_is_taken_back(page: Client, subscription: Subscription) -> None:
    cancel(page, subscription)
    Service.reactivate_subscription(subscription)
    text = words(page, "subscription_cancelled")
    assert "Monthly was cancelled" in text
    assert "You have since resumed it." in text
    assert "is cancelled" not in text


def test_confirmation_speaks_german_of_what_has_moved_on(page: Client, subscription: Subscription) -> None:
    cancel(page, subscription)
    assert "Sie haben es inzwischen gekündigt." in words(page, "subscription_success", **{"Accept-Language": "de"})
