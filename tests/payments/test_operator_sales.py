"""Operators subscribe a user who pays: the order, who asked for it and why, and the page on which it is paid."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.erasure import erase_user, pseudonym_of
from accounts.models import User
from foundation import clock
from notifications.models import Notification
from payments.models import Order
from payments.received_money.recording import record_payment
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import money
from tests.subscriptions.admin.test_subscribing import ADD, VIEW, address, answers, hidden
from tests.support.factories import has_access, make_plan, make_user
from tests.support.staff import make_staff, messages, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

ORDERS = "payments.view_order"


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email="ada@example.com")


@pytest.fixture
def operator() -> User:
    return make_staff(ADD, VIEW, ORDERS)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def text_of(page: Any) -> str:
    return " ".join(page.content.decode().split())


def asked(client: Client, plan: Plan, **others: str) -> Any:
    return client.post(address(), answers(plan, payment="due") | others)


def confirmed(client: Client, plan: Plan, **others: str) -> Any:
    page = asked(client, plan, **others)
    assert page.status_code == 200
    return client.post(address(), hidden(page), follow=True)


def test_both_ways_are_offered_and_the_page_is_true_of_each(client: Client, plan: Plan) -> None:
    page = client.get(address())
    choices = page.context["form"].fields["payment"].choices
    assert [str(label) for _value, label in choices] == ["Without payment", "They pay"]
    assert page.context["form"]["payment"].initial == "none"
    assert "Without payment, nothing is charged" in text_of(page)
    assert "If they pay, an order is opened" in text_of(page)


def test_order_is_opened_once_the_terms_are_confirmed_and_gives_nothing(client: Client, ada: User, plan: Plan) -> None:
    page = asked(client, plan)
    assert "9.90 EUR" in text_of(page)
    assert "When the payment has arrived" in text_of(page)
    assert "Nothing is charged" not in text_of(page)
    assert "End (UTC)" not in text_of(page)
    assert not Order.objects.exists()

    answer: Any = client.post(address(), hidden(page), follow=True)

    order = Order.objects.get()
    assert (order.user, order.plan, order.kind, order.state) == (ada, plan, "first", "open")
    assert order.consented_at is None, "nobody consents for somebody else"
    (told,) = messages(answer)
    assert told.endswith(f" on which ada pays: http://testserver{reverse('pay', args=[order.pk])}")
    assert not Subscription.objects.exists()
    assert not SubscriptionEvent.objects.exists()
    assert not Notification.objects.exists()
    assert not has_access(ada)


def test_who_asked_for_the_order_and_why_stands_in_its_history(
    client: Client, operator: User, ada: User, plan: Plan
) -> None:
    confirmed(client, plan)
    order, entry = Order.objects.get(), LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (operator, str(order.pk))
    assert entry.change_message == "payment asked for: Won a prize"
    assert ada.get_username() not in entry.object_repr
    history = client.get(reverse("admin:payments_order_history", args=[order.pk])).content.decode()
    assert "Won a prize" in history
    assert operator.get_username() in history


def test_user_pays_on_the_page_that_was_passed_on_and_then_has_access(client: Client, ada: User, plan: Plan) -> None:
    confirmed(client, plan)
    order = Order.objects.get()
    page, browser = reverse("pay", args=[order.pk]), sign_in(ada)
    assert "Order with obligation to pay" in browser.get(page).content.decode()
    assert order.transfer_reference in browser.post(page, follow=True).content.decode()
    assert not has_access(ada)
    record_payment(order, money(), now=clock.now())
    assert has_access(ada)
    assert "This order is paid" in browser.get(page).content.decode()


def test_page_that_was_passed_on_is_the_users_alone(client: Client, ada: User, plan: Plan) -> None:
    confirmed(client, plan)
    page = reverse("pay", args=[Order.objects.get().pk])
    for other in (client, sign_in(make_user())):
        assert other.get(page).status_code == 404
        assert other.post(page).status_code == 404
    assert Client().get(page)["Location"] == f"{reverse('login')}?next={page}"


def test_asking_again_leads_to_the_same_order(client: Client, ada: User, plan: Plan) -> None:
    first, again = messages(confirmed(client, plan)), messages(confirmed(client, plan))
    assert first == again
    assert Order.objects.count() == 1


def test_without_payment_is_still_a_period_at_once(client: Client, ada: User, plan: Plan) -> None:
    page = asked(client, plan, payment="none")
    assert "Nothing is charged." in text_of(page)
    client.post(address(), hidden(page))
    assert has_access(ada)
    assert not Order.objects.exists()


def test_free_plan_is_not_ordered(client: Client, ada: User) -> None:
    page = asked(client, make_plan(name="Free", price=0), confirmed="yes")
    (problem,) = page.context["form"].errors["payment"]
    assert problem == "Free is free, so nothing is to be paid. Choose to subscribe without payment."
    assert not Order.objects.exists()


def test_without_a_checkout_payment_is_neither_offered_nor_accepted(
    client: Client, ada: User, plan: Plan, settings: LazySettings
) -> None:
    page = asked(client, plan)
    settings.PAYMENT_PROVIDER = ""
    assert "payment" not in client.get(address()).context["form"].fields
    answer = client.post(address(), hidden(page))
    (problem,) = answer.context["form"].errors["payment"]
    assert problem.startswith("Subscribers cannot pay here: PAYMENT_PROVIDER is not set.")
    assert not Order.objects.exists()
    assert not Subscription.objects.exists()


def test_terms_that_changed_are_shown_again(client: Client, ada: User, plan: Plan) -> None:
    page = asked(client, plan)
    Plan.objects.update(price="12.00")
    answer = client.post(address(), hidden(page))
    assert answer.status_code == 409
    assert "12.00 EUR" in text_of(answer)
    assert not Order.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("payment", ["none", "due"])
def test_terms_that_nobody_was_shown_are_shown_first(client: Client, ada: User, plan: Plan, payment: str) -> None:
    page = asked(client, plan, payment=payment, confirmed="yes", price="9.90")
    assert page.status_code == 200
    assert "confirmed" in hidden(page)
    assert not Order.objects.exists()
    assert not Subscription.objects.exists()


def test_user_with_the_plan_and_an_erased_one_are_refused(client: Client, ada: User, plan: Plan) -> None:
    Service.create_subscription(ada, plan)
    answer = confirmed(client, plan)
    assert answer.status_code == 409
    assert "has the live subscription" in text_of(answer)
    erase_user(ada.pk, clock.now())
    answer = confirmed(client, plan, user=pseudonym_of(ada.pk))
    assert answer.status_code == 409
    assert "was erased, and gets nothing new." in text_of(answer)
    assert not Order.objects.exists()
    assert not LogEntry.objects.exists()


def test_only_holders_of_the_permission_open_orders(ada: User, plan: Plan) -> None:
    browser = sign_in(make_staff(VIEW, ORDERS, "payments.record_payment"))
    assert asked(browser, plan, confirmed="yes").status_code == 403
    assert not Order.objects.exists()


def test_page_is_german_for_german_operators(client: Client, ada: User, plan: Plan) -> None:
    client.cookies["django_language"] = "de"
    assert "Ohne Zahlung wird nichts berechnet" in text_of(client.get(address()))
    page = asked(client, plan)
    assert "Sobald die Zahlung eingegangen ist" in text_of(page)
    answer: Any = client.post(address(), hidden(page), follow=True)
    (told,) = messages(answer)
    assert told.startswith("Die Bestellung von ada über Monthly ist offen")
