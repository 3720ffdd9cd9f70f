"""Change of plan in the browser: planned, undone, and paid on the local provider's page, to the receipt."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import translation
from playwright.sync_api import Browser, expect

from foundation import clock
from infra.local.site import Site
from infra.local_provider.provider import LocalProvider
from payments.models import Order
from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.models import Subscription
from subscriptions.terms import UNSEEN
from tests.browser.payer import Payer, payer, require_paid_once
from tests.browser.visitor import Visitor
from tests.support.factories import make_plan
from tests.support.traffic import Traffic

DAY = timedelta(days=1)
LANGUAGES_AND_SCRIPTS = {
    "English with scripts": ("en", True),
    "English without scripts": ("en", False),
    "German without scripts": ("de", False),
}


@pytest.fixture(params=LANGUAGES_AND_SCRIPTS.values(), ids=list(LANGUAGES_AND_SCRIPTS))
def ada(request: pytest.FixtureRequest, browser: Browser, site: Site, traffic: Traffic) -> Iterator[Payer]:
    """Yield somebody with a paid subscription that began ten days ago."""
    language, scripts = request.param
    with payer(browser, site.url, language, scripts=scripts) as ada:
        yield ada


@pytest.fixture
def visitor(ada: Payer) -> Visitor:
    """Return the visitor whom the provider leads back."""
    return ada.visitor


@pytest.fixture
def subscription(ada: Payer, transactional_db: None, settings: LazySettings) -> Subscription:
    """Return the person's subscription, paid for ten days ago, beside which there is another plan."""
    settings.PAYMENT_PROVIDER = "manual"
    begun = clock.now() - 10 * DAY
    order = open_first(ada.open_account(), make_plan(price=30), begun, UNSEEN)
    received = MoneyReceived("manual", "t-1", order.amount, order.currency, begun)
    record_payment(order, received, now=begun)
    make_plan(name="Yearly", price=300, duration_months=12, description="All of it, for a year.")
    return Subscription.objects.get()


def test_subscriber_changes_the_plan_pays_and_sees_the_receipt(
    ada: Payer, subscription: Subscription, local_provider: LocalProvider
) -> None:
    ada.visitor.sign_in(subscription.user)
    ada.visitor.open("subscription", subscription.pk)
    choose_yearly(ada)
    ada.press("Change at the end of the period")
    ada.expect_notice("Your subscription changes to %(plan)s with the next renewal.", plan="Yearly")
    ada.look_at("change-planned")
    ada.press("Keep %(plan)s", plan="Monthly")
    ada.expect_notice("You keep %(plan)s.", plan="Monthly")

    choose_yearly(ada)
    ada.press("Continue to the order")
    ada.look_at("change-order")
    ada.oblige()
    ada.visitor.click("Pay")
    ada.follow("See the receipt")
    order = Order.objects.get(kind="change")
    require_paid_once(local_provider, order)
    with translation.override(ada.language):
        paid = f"{order.amount_text} EUR"
    expect(ada.visitor.page.get_by_text(paid, exact=True)).to_be_visible()
    ada.look_at("change-receipt")
    subscription.refresh_from_db()
    assert (subscription.plan.name, order.state) == ("Yearly", "paid")
    ada.visitor.open("subscription", subscription.pk)
    ada.expect_notice("From %(old_plan)s to %(plan)s", old_plan="Monthly", plan="Yearly")
    ada.look_at("change-done")


def choose_yearly(ada: Payer) -> None:
    """Go from the subscription's page to that of the change, and look at the pages."""
    ada.follow("Change plan")
    ada.look_at("choose-plan")
    ada.follow("Change to %(plan)s", plan="Yearly")
    ada.look_at("change-plan")
