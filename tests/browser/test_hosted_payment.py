"""Payment on the local provider's page, from the list of plans to the receipt and the subscription."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from infra.local.site import Site
from infra.local_provider.provider import LocalProvider
from payments.models import Order
from subscriptions.models import Plan, Subscription
from tests.browser.payer import Payer, payer, require_paid_once
from tests.browser.visitor import LOCALES, Visitor
from tests.support.factories import make_plan
from tests.support.traffic import Traffic


@pytest.fixture(params=LOCALES)
def ada(request: pytest.FixtureRequest, browser: Browser, site: Site, traffic: Traffic) -> Iterator[Payer]:
    """Yield somebody with an account."""
    with payer(browser, site.url, request.param) as ada:
        ada.open_account()
        yield ada


@pytest.fixture
def visitor(ada: Payer) -> Visitor:
    """Return the visitor whom the provider leads back."""
    return ada.visitor


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    """Create a plan that is paid for by the month."""
    return make_plan(duration_months=1)


def test_subscriber_pays_and_sees_receipt_and_subscription(
    ada: Payer, plan: Plan, local_provider: LocalProvider
) -> None:
    ada.order(plan)
    ada.look_at("order")
    ada.oblige()
    expect(ada.heading).to_have_text("Monthly")
    assert ada.visitor.page.url.startswith(local_provider.url)
    ada.look_at("provider")
    ada.visitor.click("Pay")
    require_receipt_and_period(ada, local_provider)


def test_subscriber_authenticates_and_pays_once(ada: Payer, plan: Plan, local_provider: LocalProvider) -> None:
    ada.order(plan)
    ada.oblige()
    ada.visitor.click("Needs authentication")
    expect(ada.heading).to_have_text("Is this payment yours?")
    ada.look_at("authenticate")
    ada.visitor.click("Complete authentication")
    require_receipt_and_period(ada, local_provider)


def test_subscriber_who_fails_to_authenticate_tries_again_and_pays_once(
    ada: Payer, plan: Plan, local_provider: LocalProvider
) -> None:
    ada.order(plan)
    ada.oblige()
    ada.visitor.click("Needs authentication")
    ada.visitor.click("Fail authentication")
    ada.visitor.click("Cancel and go back")
    ada.expect_heading("Not paid yet")
    ada.look_at("return-not-authenticated")
    assert not Subscription.objects.exists()

    ada.follow("Back to the order")
    ada.oblige()
    ada.visitor.click("Needs authentication")
    ada.visitor.click("Complete authentication")
    require_receipt_and_period(ada, local_provider)


def test_subscriber_who_is_declined_pays_once_with_another_card(
    ada: Payer, plan: Plan, local_provider: LocalProvider
) -> None:
    ada.order(plan)
    ada.oblige(renews=True)
    ada.visitor.expect_status(402)
    ada.visitor.click("Decline")
    expect(ada.visitor.page.get_by_role("alert")).to_contain_text("Try another card.")
    ada.look_at("provider-declined")
    ada.visitor.click("Cancel and go back")
    ada.expect_notice("Your bank has declined the payment. You can try again, or use another card or account.")
    ada.look_at("return-declined")
    assert not Subscription.objects.exists()

    ada.follow("Back to the order")
    ada.oblige()  # what was agreed to is still checked
    ada.visitor.page.get_by_label("Mastercard 4444").check()
    ada.visitor.click("Pay")
    require_receipt_and_period(ada, local_provider)
    ada.visitor.open("payment_method")
    ada.expect_notice("Mastercard •••• 4444")
    ada.look_at("payment-method")


def require_receipt_and_period(ada: Payer, provider: LocalProvider) -> None:
    """Require one success in the provider's ledger, and follow the pages to the receipt and to the period."""
    ada.expect_heading("Your payment has arrived")
    ada.look_at("return")
    order = Order.objects.get()
    payment = require_paid_once(provider, order)
    ada.follow("See the receipt")
    ada.expect_heading("Receipt %(number)s", number=payment.pk)
    expect(ada.visitor.page.get_by_text(payment.transaction_id)).to_be_visible()
    ada.look_at("receipt")
    ada.visitor.click(ada.reads("My subscriptions"), "link")
    expect(ada.visitor.page.locator(".status")).to_have_text(ada.reads("active"))
    ada.look_at("subscriptions")
    assert (order.state, Subscription.objects.get().user) == ("paid", order.user)
