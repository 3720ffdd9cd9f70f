"""Paying by transfer, from the order to the receipt."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from foundation import clock
from payments.models import Order
from payments.orders import void
from payments.recording import MoneyReceived, record_payment
from subscriptions.models import Plan, Subscription
from tests.browser.visitor import Visitor
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff

ACCOUNT = "Acme Ltd\nDE02 1203 0000 0000 2020 51"


@pytest.fixture
def plan(settings: LazySettings, transactional_db: None) -> Plan:
    """Create a plan that is paid by transfer."""
    settings.PAYMENT_PROVIDER, settings.PAYMENT_INSTRUCTIONS = "manual", ACCOUNT
    return make_plan(duration_months=1)


def test_subscriber_orders_and_staff_record_the_transfer(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    visitor.open("subscribe", plan.pk)
    visitor.look_at("subscribe-to-pay")
    visitor.click("Order with obligation to pay")
    order = Order.objects.get()
    expect(visitor.page.get_by_text(order.transfer_reference)).to_be_visible()
    visitor.look_at("pay")

    visitor.sign_in(make_staff("payments.view_order", "payments.record_payment"))
    visitor.open("admin:record_payment", order.pk)
    visitor.look_at("admin-record-payment")
    visitor.page.get_by_label("Transaction").fill("2026-31")
    visitor.page.get_by_label("Paid on").fill("2026-12-01")
    visitor.click(f"Record a payment for {order.transfer_reference}")
    expect(visitor.page.get_by_text("The payment is recorded, and the period is given.")).to_be_visible()
    assert Subscription.objects.get().user == ada

    visitor.sign_in(ada)
    visitor.open("pay", order.pk)
    visitor.look_at("pay-paid")
    visitor.open("payments")
    visitor.look_at("payments")
    visitor.click(f"Receipt {order.payments.get().pk}", "link")
    visitor.look_at("receipt")


def test_pages_without_payments_of_a_void_order_and_of_a_surplus(visitor: Visitor, plan: Plan) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    visitor.sign_in(ada)
    visitor.open("payments")
    visitor.look_at("payments-none")
    visitor.open("subscribe", plan.pk)
    visitor.click("Order with obligation to pay")
    visitor.click("Withdraw the order")
    expect(visitor.page.get_by_text("Nothing is to be paid.")).to_be_visible()
    order = void(Order.objects.get(), clock.now())
    visitor.open("pay", order.pk)
    visitor.look_at("pay-void")
    surplus = record_payment(
        order, MoneyReceived("manual", "t-1", order.amount, order.currency, clock.now()), now=clock.now()
    )
    visitor.open("receipt", surplus.pk)
    visitor.look_at("receipt-surplus")
