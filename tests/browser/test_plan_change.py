"""Change of plan in the browser: planned, undone, and paid on the local provider's page, to the receipt."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from accounts.models import Profile
from foundation import clock
from infra.local_provider.provider import LocalProvider
from payments.models import Order
from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.models import Plan, Subscription
from subscriptions.terms import UNSEEN
from tests.browser.visitor import Visitor
from tests.support.factories import make_plan, make_user

DAY = timedelta(days=1)


@pytest.fixture
def subscription(transactional_db: None, settings: LazySettings) -> Subscription:
    """Return a paid subscription that began ten days ago."""
    settings.PAYMENT_PROVIDER = "manual"
    begun = clock.now() - 10 * DAY
    ada = make_user(username="ada", email="ada@example.com")
    order = open_first(ada, make_plan(price=30), begun, UNSEEN)
    received = MoneyReceived("manual", "t-1", order.amount, order.currency, begun)
    record_payment(order, received, now=begun)
    make_plan(name="Yearly", price=300, duration_months=12, description="All of it, for a year.")
    return Subscription.objects.get()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_subscriber_changes_the_plan_pays_and_sees_the_receipt(
    visitor: Visitor, subscription: Subscription, local_provider: LocalProvider
) -> None:
    visitor.sign_in(subscription.user)
    visitor.open("subscription", subscription.pk)
    visitor.click("Change plan", "link")
    visitor.look_at("choose-plan")
    visitor.click("Change to Yearly", "link")
    visitor.look_at("change-plan")

    visitor.click("Change at the end of the period")
    expect(visitor.page.get_by_text("Your subscription changes to Yearly with the next renewal.")).to_be_visible()
    visitor.look_at("change-planned")
    visitor.click("Keep Monthly")
    expect(visitor.page.get_by_text("You keep Monthly.")).to_be_visible()

    visitor.click("Change plan", "link")
    visitor.click("Change to Yearly", "link")
    visitor.click("Continue to the order")
    visitor.look_at("change-order")
    for label in ("I accept the terms", "Begin at once, before the time for withdrawal is over"):
        visitor.page.get_by_label(label).check()
    visitor.click("Order with obligation to pay")
    visitor.click("Pay")
    visitor.click("See the receipt", "link")
    order = Order.objects.get(kind="change")
    expect(visitor.page.get_by_text(f"{order.amount_text} EUR", exact=True)).to_be_visible()
    visitor.look_at("change-receipt")
    subscription.refresh_from_db()
    assert (subscription.plan.name, order.state) == ("Yearly", "paid")
    visitor.open("subscription", subscription.pk)
    expect(visitor.page.get_by_text("From Monthly to Yearly")).to_be_visible()
    visitor.look_at("change-done")


def test_pages_fit_320_pixels_in_german(
    visitor: Visitor, subscription: Subscription, local_provider: LocalProvider
) -> None:
    Profile.objects.update_or_create(user=subscription.user, defaults={"language": "de"})
    visitor.sign_in(subscription.user)
    visitor.page.set_viewport_size({"width": 320, "height": 800})
    yearly = Plan.objects.get(name="Yearly")
    for name, arguments, text in (
        ("choose_plan", [subscription.pk], "Tarif wechseln"),
        ("change_plan", [subscription.pk, yearly.pk], "Guthaben für ungenutzte Zeit"),
    ):
        visitor.open(name, *arguments)
        expect(visitor.page.get_by_text(text).first).to_be_visible()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == 320
        visitor.keep_picture(f"{name}-320-de", full_page=True)
