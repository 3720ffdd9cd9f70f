"""Pages: ordering, paying, receipts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_django
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.facts import apply
from payments.models import Order, Payment
from payments.orders.opening import open_first, void
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN, Terms
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


def subscribe_page(client: Client, plan: Plan) -> str:
    return client.get(reverse("subscribe", args=[plan.pk])).content.decode()


@pytest.mark.usefixtures("manual")
def test_subscribing_to_a_paid_plan_opens_an_order_and_gives_nothing() -> None:
    user, plan = make_user(), make_plan()
    browser = sign_in(user)
    assert "Continue to the order" in subscribe_page(browser, plan)

    answer = browser.post(reverse("subscribe", args=[plan.pk]), Terms.of(plan=plan).as_text())

    order = Order.objects.get()
    assert (order.user, order.plan, answer["Location"]) == (user, plan, reverse("pay", args=[order.pk]))
    assert not Subscription.objects.exists()
    page = browser.post(answer["Location"], follow=True).content.decode()
    assert "9.90 EUR" in page
    assert order.transfer_reference in page
    assert "Acme Ltd<br>DE02 1203" in page


@pytest.mark.usefixtures("manual")
def test_second_tab_leads_to_the_same_order() -> None:
    plan = make_plan()
    browser = sign_in(make_user())
    for _tab in range(2):
        browser.post(reverse("subscribe", args=[plan.pk]), Terms.of(plan=plan).as_text())
    assert Order.objects.count() == 1


@pytest.mark.usefixtures("manual")
def test_price_that_changed_since_it_was_shown_is_asked_again_and_orders_nothing() -> None:
    plan = make_plan()
    shown = Terms.of(plan=plan).as_text()
    Plan.objects.update(price="12.00")
    answer = sign_in(make_user()).post(reverse("subscribe", args=[plan.pk]), shown)
    assert answer.status_code == 409
    assert not Order.objects.exists()


@pytest.mark.usefixtures("manual")
def test_free_plan_is_given_at_once() -> None:
    plan = make_plan(price=0)
    sign_in(make_user()).post(reverse("subscribe", args=[plan.pk]), Terms.of(plan=plan).as_text())
    assert Subscription.objects.count() == 1
    assert not Order.objects.exists()


def test_without_a_provider_a_period_is_given_at_once_as_ever() -> None:
    plan = make_plan()
    browser = sign_in(make_user())
    assert "Subscribe for 9.90 EUR" in subscribe_page(browser, plan)
    browser.post(reverse("subscribe", args=[plan.pk]), Terms.of(plan=plan).as_text())
    assert Subscription.objects.count() == 1


@pytest.mark.usefixtures("manual")
def test_owner_renews_a_paid_plan_by_an_order() -> None:
    held = Service.create_subscription(make_user(), make_plan(), now=clock.now())
    browser = sign_in(held.user)
    renew = reverse("renew_subscription", args=[held.pk])
    assert renew in browser.get(reverse("subscription", args=[held.pk])).content.decode()
    assert "Continue to the order" in browser.get(renew).content.decode()

    answer = browser.post(renew, Terms.of_renewal(held).as_text())

    order = Order.objects.get()
    assert (order.kind, order.subscription, answer["Location"]) == ("renewal", held, reverse("pay", args=[order.pk]))
    record_payment(order, money(), now=clock.now())
    assert "This order is paid" in browser.get(answer["Location"]).content.decode()


@pytest.mark.usefixtures("manual")
def test_order_is_withdrawn_once_and_a_paid_one_stays() -> None:
    order = first_order()
    browser = sign_in(order.user)
    for _click in range(2):
        assert browser.post(reverse("void_order", args=[order.pk]))["Location"] == reverse("payments")
    order.refresh_from_db()
    assert order.state == "void"
    assert "no longer valid" in browser.get(reverse("pay", args=[order.pk])).content.decode()

    paid = first_order()
    record_payment(paid, money(), now=clock.now())
    answer = sign_in(paid.user).post(reverse("void_order", args=[paid.pk]))
    assert answer["Location"] == reverse("pay", args=[paid.pk])
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["This order is paid already."]
    paid.refresh_from_db()
    assert paid.state == "paid"


@pytest.mark.usefixtures("manual")
def test_order_whose_money_is_on_its_way_is_neither_to_be_paid_nor_withdrawn() -> None:
    order = first_order()
    Order.objects.update(state="pending", way="page", provider="stripe", reference="cs_1")
    browser = sign_in(order.user)
    listed = browser.get(reverse("payments")).content.decode()
    assert "Your payment is on its way" in listed
    assert "To be paid" not in listed
    for answer in (browser.get(reverse("pay", args=[order.pk])), browser.post(reverse("pay", args=[order.pk]))):
        page = answer.content.decode()
        assert "Your payment is on its way" in page
        assert "Please do not pay again" in page
        for untrue in ("Withdraw the order", "Acme Ltd", order.transfer_reference, "obligation to pay"):
            assert untrue not in page

    page = browser.post(reverse("void_order", args=[order.pk]), follow=True).content.decode()
    assert "Your payment is on its way already." in page
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == ("pending", None)


@pytest.mark.usefixtures("manual")
def test_order_that_the_charger_closes_is_not_to_be_paid() -> None:
    order = first_order()
    Order.objects.update(way="page", provider="stripe", reference="cs_1", close_requested_at=clock.now())
    listed = sign_in(order.user).get(reverse("payments")).content.decode()
    assert "Being closed" in listed
    assert "To be paid" not in listed


@pytest.mark.usefixtures("manual")
@pytest.mark.parametrize("reference", ["", "pi_1"])
def test_order_that_was_given_up_says_so_and_leads_to_the_subscription(reference: str) -> None:
    held = Service.create_subscription(make_user(), make_plan(), now=clock.now() - timedelta(days=31))
    order = renewal_order(held, clock.now())
    charged = {"way": "charge", "provider": "stripe", "reference": reference, "attempts": 1}
    Order.objects.update(state="needs_subscriber", **charged)
    Service.sweep(now=clock.now())
    order.refresh_from_db()
    assert (order.state, bool(order.close_requested_at)) == ("given_up", bool(reference))

    page = sign_in(order.user).get(reverse("pay", args=[order.pk])).content.decode()
    assert "This order was not paid before your access ended. Nothing is to be paid for it any more." in page
    for untrue in ("You have withdrawn", "when your payment has arrived", "Acme Ltd", order.transfer_reference):
        assert untrue not in page
    assert f'href="{reverse("subscription", args=[held.pk])}"' in page
    assert f'href="{reverse("plans")}">See the plans' in page


@pytest.mark.usefixtures("manual")
def test_payments_are_listed_with_their_receipts() -> None:
    order = first_order()
    browser = sign_in(order.user)
    assert "To be paid" in browser.get(reverse("payments")).content.decode()
    payment = record_payment(order, money(transaction_id="t-1"), now=clock.now())

    receipt = reverse("receipt", args=[payment.pk])
    assert receipt in browser.get(reverse("payments")).content.decode()
    page = browser.get(receipt).content.decode()
    assert "9.90 EUR" in page
    assert "t-1" in page


def test_list_says_what_went_back_and_what_came_back() -> None:
    order, now = first_order(), clock.now()
    browser = sign_in(order.user)
    bank = MoneyReceived("bank", "pi_1", Decimal("9.90"), "EUR", now)
    payment = record_payment(order, bank, now=now)
    told: dict[str, Any] = {"transaction_id": "re_1", "of": "pi_1", "amount": Decimal(4), "currency": "EUR"}

    apply("bank", Fact(FactKind.REFUNDED, now, **told), now)
    page = browser.get(reverse("payments")).content.decode()
    assert "Refunded: 4.00 EUR" in page
    returned = Payment.objects.get(kind="refund")
    assert reverse("receipt", args=[payment.pk]) in page
    assert reverse("receipt", args=[returned.pk]) not in page
    assert browser.get(reverse("receipt", args=[returned.pk])).status_code == 404

    apply("bank", Fact(FactKind.REFUND_FAILED, now, **told), now)
    apply("bank", Fact(FactKind.DISPUTE_LOST, now, **(told | {"transaction_id": "dp_1"})), now)
    page = browser.get(reverse("payments")).content.decode()
    assert "A refund of 4.00 EUR did not reach you." in page
    assert "Reclaimed through the bank: 4.00 EUR" in page


def test_list_without_orders_says_so() -> None:
    assert "You have paid nothing yet" in sign_in(make_user()).get(reverse("payments")).content.decode()


def test_receipt_of_a_surplus_says_what_happens_to_it() -> None:
    order = first_order()
    void(order, clock.now())
    payment = record_payment(order, money(), now=clock.now() + timedelta(days=1))
    page = sign_in(order.user).get(reverse("receipt", args=[payment.pk])).content.decode()
    assert "No order waited for this payment" in page


def test_orders_and_receipts_of_others_are_not_found() -> None:
    order = first_order()
    payment = record_payment(order, money(), now=clock.now())
    stranger = sign_in(make_user())
    assert stranger.get(reverse("pay", args=[order.pk])).status_code == 404
    assert stranger.post(reverse("void_order", args=[order.pk])).status_code == 404
    assert stranger.get(reverse("receipt", args=[payment.pk])).status_code == 404


def test_visitors_are_asked_to_sign_in() -> None:
    order = first_order()
    for name, key in [("pay", order.pk), ("receipt", 1)]:
        assert Client().get(reverse(name, args=[key])).status_code == 302
    assert Client().get(reverse("payments")).status_code == 302


@pytest.mark.parametrize("orders", [1, 20])
def test_queries_of_the_list_do_not_grow(
    orders: int, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    user = make_user()
    for _order in range(orders):
        record_payment(open_first(user, make_plan(), clock.now(), UNSEEN), money(), now=clock.now())
    browser = sign_in(user)
    with django_assert_num_queries(5):  # session, user, count, orders with plans, payments
        browser.get(reverse("payments"))
