"""Payment on the local provider's page, from the list of plans to the receipt and the subscription."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from infra.local.site import Site
from infra.local_provider.control.ledger_report import report
from infra.local_provider.provider import LocalProvider
from payments.models import Order
from subscriptions.models import Plan, Subscription
from tests.browser.visitor import HEIGHT, SCHEMES, WIDTHS, Visitor
from tests.support.factories import make_plan, make_user
from tests.support.traffic import Traffic

CONSENTS = ("I accept the terms", "Begin at once, before the time for withdrawal is over")


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    """Create a plan that is paid for by the month."""
    return make_plan(duration_months=1)


class TestWithoutJavaScript:
    """Window as narrow as WCAG 1.4.10 has it, of a browser that runs no script."""

    @pytest.fixture
    def visitor(self, browser: Browser, site: Site, traffic: Traffic) -> Iterator[Visitor]:
        """Yield a visitor whose browser runs no script."""
        size: ViewportSize = {"width": WIDTHS["phone"], "height": HEIGHT}
        with browser.new_context(
            locale="en-GB", reduced_motion="reduce", java_script_enabled=False, viewport=size
        ) as context:
            visitor = Visitor(context, site.url)
            yield visitor
            assert visitor.troubles == []

    def test_subscriber_pays_and_sees_receipt_and_subscription(
        self, visitor: Visitor, plan: Plan, local_provider: LocalProvider
    ) -> None:
        ada = make_user(username="ada", email="ada@example.com")
        heading = heading_of(visitor)
        visitor.sign_in(ada)
        visitor.open("plans")
        look_at(visitor, "plans")
        visitor.click("Subscribe to Monthly", "link")
        look_at(visitor, "subscribe")
        visitor.click("Continue to the order")
        look_at(visitor, "order")
        accept_terms(visitor)
        visitor.click("Order with obligation to pay")
        expect(heading).to_have_text("Monthly")
        assert visitor.page.url.startswith(local_provider.url)
        look_at(visitor, "provider")

        visitor.click("Pay")
        expect(heading).to_have_text("Your payment has arrived")
        look_at(visitor, "return")
        visitor.click("See the receipt", "link")
        order = Order.objects.get()
        expect(heading).to_have_text(f"Receipt {order.payments.get().pk}")
        expect(visitor.page.get_by_text(f"{order.amount_text} EUR", exact=True)).to_be_visible()
        look_at(visitor, "receipt")
        visitor.click("My subscriptions", "link")
        expect(visitor.page.locator(".status")).to_have_text("active")
        look_at(visitor, "subscriptions")
        assert (order.state, Subscription.objects.get().user) == ("paid", ada)


def test_subscriber_authenticates_and_pays_once(visitor: Visitor, plan: Plan, local_provider: LocalProvider) -> None:
    visitor.sign_in(make_user(username="ada", email="ada@example.com"))
    go_to_the_provider(visitor, plan)
    visitor.click("Needs authentication")
    expect(heading_of(visitor)).to_have_text("Is this payment yours?")
    visitor.look_at("authenticate")
    visitor.click("Complete authentication")
    require_paid_once(visitor, local_provider)


def test_subscriber_who_fails_to_authenticate_tries_again_and_pays_once(
    visitor: Visitor, plan: Plan, local_provider: LocalProvider
) -> None:
    visitor.sign_in(make_user(username="ada", email="ada@example.com"))
    go_to_the_provider(visitor, plan)
    visitor.click("Needs authentication")
    visitor.click("Fail authentication")
    visitor.click("Cancel and go back")
    expect(heading_of(visitor)).to_have_text("Not paid yet")
    visitor.look_at("return-not-authenticated")
    assert not Subscription.objects.exists()

    visitor.click("Back to the order", "link")
    accept_terms(visitor)
    visitor.click("Order with obligation to pay")
    visitor.click("Needs authentication")
    visitor.click("Complete authentication")
    require_paid_once(visitor, local_provider)


def go_to_the_provider(visitor: Visitor, plan: Plan) -> None:
    """Order the plan, which leads to the provider's page."""
    visitor.open("subscribe", plan.pk)
    visitor.click("Continue to the order")
    accept_terms(visitor)
    visitor.click("Order with obligation to pay")


def require_paid_once(visitor: Visitor, provider: LocalProvider) -> None:
    """Require a receipt, a period, and in the provider's ledger one success of the order."""
    expect(heading_of(visitor)).to_have_text("Your payment has arrived")
    order = Order.objects.get()
    payment = order.payments.get()
    visitor.click("See the receipt", "link")
    expect(visitor.page.get_by_text(payment.transaction_id)).to_be_visible()
    with provider.ledger.transaction() as books:
        assert report(books.movements())["orders"] == {str(order.pk): [payment.transaction_id]}
    assert Subscription.objects.get().user == order.user


def heading_of(visitor: Visitor) -> Locator:
    """Return the heading of the page."""
    return visitor.page.get_by_role("heading", level=1)


def look_at(visitor: Visitor, name: str) -> None:
    """Take a screenshot in each scheme, and require that nothing is wider than the phone."""
    for scheme in SCHEMES:
        visitor.use("phone", scheme)
        visitor.photograph_without_scripts(f"no-javascript-{name}-{scheme}")


def accept_terms(visitor: Visitor) -> None:
    """Check what an order demands."""
    for label in CONSENTS:
        visitor.page.get_by_label(label).check()
