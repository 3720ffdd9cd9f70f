"""Appearance of every page in both widths and colour schemes, and accessibility by axe-core."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings

from accounts.models import User
from notifications.unsubscription import link_of
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.browser.visitor import Visitor
from tests.support.factories import MONTH, make_plan, make_user

BRAND = {
    "SITE_NAME": "Acme Reports",
    "SITE_IMPRINT_URL": "/imprint/",
    "SITE_TERMS_URL": "/terms/",
    "SITE_PRIVACY_URL": "https://example.com/privacy",
    "SITE_CONTACT_URL": "https://example.com/contact",
}
START = datetime.now(UTC) - timedelta(days=10)


@pytest.fixture
def plans(transactional_db: None) -> list[Plan]:
    """Create plans of a typical shop."""
    return [
        make_plan(name="Free trial", price=Decimal(0), duration_days=14),
        make_plan(),
        make_plan(name="Quarterly", price=Decimal("26.90"), duration_days=90),
        make_plan(name="Yearly", price=Decimal("99.00"), duration_days=365),
    ]


@pytest.fixture
def ada(visitor: Visitor) -> User:
    """Sign in a user."""
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    return ada


@pytest.fixture
def active(ada: User, plans: list[Plan]) -> Subscription:
    """Create an active subscription with some history."""
    subscription = Service.create_subscription(ada, plans[1], now=START, actor=ada)
    Service.cancel_subscription(subscription, "Too expensive.\nPerhaps later.", now=START + MONTH / 9, actor=ada)
    Service.reactivate_subscription(subscription, now=START + MONTH / 8, actor=ada)
    return Service.renew_subscription(subscription, now=START + MONTH / 7, actor=make_user())


@pytest.fixture
def cancelled(ada: User, plans: list[Plan]) -> Subscription:
    """Create a subscription cancelled at its period end."""
    subscription = Service.create_subscription(ada, plans[3], now=START, actor=ada)
    return Service.cancel_subscription(subscription, now=START + MONTH / 9, actor=ada)


@pytest.fixture
def expired(ada: User, plans: list[Plan]) -> Subscription:
    """Create a free subscription that ended today."""
    subscription = Service.create_subscription(ada, plans[0], now=START - timedelta(days=5), actor=ada)
    return Service.cancel_now(subscription, now=START)


def test_plans(visitor: Visitor, plans: list[Plan]) -> None:
    visitor.open("plans")
    visitor.look_at("plans")


def test_no_plans(visitor: Visitor) -> None:
    visitor.open("plans")
    visitor.look_at("plans-none")


def test_plans_of_a_subscriber(visitor: Visitor, active: Subscription, cancelled: Subscription) -> None:
    visitor.open("plans")
    visitor.look_at("plans-subscriber")


def test_sign_in_and_its_errors(visitor: Visitor) -> None:
    visitor.open("login")
    visitor.look_at("sign-in")
    visitor.page.get_by_label("User name or e-mail address").fill("nobody")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.click("Sign in")
    visitor.look_at("sign-in-errors")


def test_sign_up_and_its_errors(visitor: Visitor) -> None:
    visitor.open("sign_up")
    visitor.look_at("sign-up")
    visitor.page.get_by_label("Username").fill("ada")
    visitor.page.get_by_label("E-mail address").fill("ada@example.com")
    visitor.page.get_by_label("Password", exact=True).fill("12345")
    visitor.page.get_by_label("Password confirmation").fill("54321")
    visitor.click("Sign up")
    visitor.look_at("sign-up-errors")


def test_subscribe(visitor: Visitor, ada: User, plans: list[Plan]) -> None:
    visitor.open("subscribe", plans[1].pk)
    visitor.look_at("subscribe")


def test_success(visitor: Visitor, active: Subscription) -> None:
    visitor.open("subscription_success")
    visitor.look_at("success")


def test_no_subscriptions(visitor: Visitor, ada: User) -> None:
    visitor.open("subscriptions")
    visitor.look_at("subscriptions-none")
    visitor.open("subscription_success")
    visitor.look_at("success-none")


def test_subscriptions(visitor: Visitor, active: Subscription, cancelled: Subscription, expired: Subscription) -> None:
    visitor.open("subscriptions")
    visitor.look_at("subscriptions")


@pytest.mark.parametrize("state", ["active", "cancelled", "expired"])
def test_subscription(visitor: Visitor, state: str, request: pytest.FixtureRequest) -> None:
    subscription: Subscription = request.getfixturevalue(state)
    visitor.open("subscription", subscription.pk)
    visitor.look_at(f"subscription-{state}")


def test_cancel_and_its_errors(visitor: Visitor, active: Subscription) -> None:
    visitor.open("cancel_subscription", active.pk)
    visitor.look_at("cancel")
    reason = visitor.page.get_by_label("Why are you cancelling? (optional)")
    reason.evaluate("field => field.removeAttribute('maxlength')")
    reason.fill("x" * 501)
    visitor.click("Cancel subscription")
    visitor.look_at("cancel-errors")


def test_cancelled(visitor: Visitor, cancelled: Subscription) -> None:
    visitor.open("subscription_cancelled")
    visitor.look_at("cancelled")
    visitor.open("reactivate_subscription", cancelled.pk)
    visitor.look_at("reactivate")


def test_renew(visitor: Visitor, expired: Subscription) -> None:
    visitor.open("renew_subscription", expired.pk)
    visitor.look_at("renew")


def test_refusals(visitor: Visitor, active: Subscription) -> None:
    visitor.open("reactivate_subscription", active.pk, status=409)
    visitor.look_at("refused")
    visitor.open("renew_subscription", active.pk, status=403)
    visitor.look_at("renewal-refused")


def test_preferences(visitor: Visitor, ada: User) -> None:
    visitor.open("notification_preferences")
    visitor.look_at("preferences")
    visitor.page.get_by_label("Remind me before a subscription ends").focus()
    visitor.page.keyboard.press("Space")
    visitor.page.keyboard.press("Tab")
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.look_at("preferences-saved")
    assert not visitor.page.get_by_label("Remind me before a subscription ends").is_checked()
    visitor.page.get_by_text("Remind me before a subscription ends").click()
    visitor.click("Save")
    assert visitor.page.get_by_label("Remind me before a subscription ends").is_checked()


def test_turning_reminders_off_by_the_link_in_a_mail(visitor: Visitor) -> None:
    path = urlsplit(link_of(make_user())).path
    visitor.open_path(path)
    visitor.look_at("unsubscribe")
    visitor.page.get_by_role("button", name="Turn reminders off").focus()
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.look_at("unsubscribed")
    visitor.open_path("/u/1.AAAA/", status=404)
    visitor.look_at("unsubscribe-wrong-link")


def test_turning_reminders_off_too_often(visitor: Visitor, settings: LazySettings) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 0
    visitor.open_path(urlsplit(link_of(make_user())).path)
    visitor.expect_status(429)
    visitor.click("Turn reminders off")
    visitor.look_at("unsubscribe-too-often")


def test_preferences_in_german(visitor: Visitor, ada: User) -> None:
    visitor.open("notification_preferences")
    visitor.click("Deutsch")
    visitor.look_at("preferences-german")


def test_page_that_is_not_there(visitor: Visitor) -> None:
    visitor.open_path("/no-such-page/", status=404)
    visitor.look_at("404")


def test_form_of_another_window(visitor: Visitor, ada: User, plans: list[Plan]) -> None:
    visitor.open("subscribe", plans[0].pk)
    visitor.context.clear_cookies(name="csrftoken")
    visitor.expect_status(403)
    visitor.click("Subscribe for free")
    visitor.look_at("403-csrf")


def test_german(visitor: Visitor, active: Subscription) -> None:
    visitor.open("subscription", active.pk)
    visitor.click("Deutsch")
    assert visitor.page.locator("html").get_attribute("lang") == "de"
    visitor.look_at("german")


@pytest.mark.parametrize("color", ["#ffcc00", "#7a1fa2"])
def test_pages_in_the_colours_of_a_brand(
    visitor: Visitor, settings: LazySettings, cancelled: Subscription, color: str
) -> None:
    for name, value in (BRAND | {"SITE_COLOR": color}).items():
        setattr(settings, name, value)
    visitor.open("plans")
    visitor.look_at(f"brand-plans-{color[1:]}")
    visitor.open("subscription", cancelled.pk)
    visitor.look_at(f"brand-subscription-{color[1:]}")
    visitor.open_path("/nothing/", status=404)
    visitor.look_at(f"brand-missing-{color[1:]}")


def test_api_documentation(visitor: Visitor) -> None:
    visitor.open("api_docs")
    visitor.page.get_by_text("/api/v1/notifications", exact=True).first.wait_for()
    visitor.look_at("api-documentation")
    assert visitor.page.locator(".opblock").count() == 29


def test_api_documentation_sends_a_request(visitor: Visitor, plans: list[Plan]) -> None:
    visitor.open("api_docs")
    visitor.page.get_by_text("/api/v1/plans", exact=True).first.click()
    visitor.page.get_by_role("button", name="Try it out").click()
    visitor.page.get_by_role("button", name="Execute").click()
    visitor.page.get_by_text('"name": "Free trial"').first.wait_for()
