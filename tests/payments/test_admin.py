"""Admin of orders and payments."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Order, Payment
from payments.received_money.recording import record_payment
from subscriptions.models import Subscription
from tests.payments.charging.renewal_orders import charge, make_method
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW
from tests.support.ledger_provider import LedgerProvider
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

TRANSFER = {"transaction_id": "t-1", "amount": "9.90", "currency": "EUR", "paid_on": "2026-12-01"}


@pytest.fixture
def bookkeeper() -> Client:
    return sign_in(
        make_staff("payments.view_order", "payments.view_payment", "payments.record_payment", "payments.void_order")
    )


def record_page(order: Order) -> str:
    return reverse("admin:record_payment", args=[order.pk])


def test_transfer_is_recorded_and_the_period_is_given(bookkeeper: Client) -> None:
    order = first_order()
    assert 'value="9.90"' in bookkeeper.get(record_page(order)).content.decode()

    answer = bookkeeper.post(record_page(order), TRANSFER, follow=True)

    payment = Payment.objects.get()
    assert (payment.transaction_id, str(payment.amount), payment.paid_at.isoformat(), payment.surplus) == (
        "t-1",
        "9.90",
        "2026-12-01T00:00:00+00:00",
        False,
    )
    assert payment.recorded_by is not None
    assert "the period is given" in answer.content.decode()
    assert Subscription.objects.get().user == order.user


@pytest.mark.parametrize("way", [Order.Way.PAGE, Order.Way.CHARGE])
def test_page_of_an_order_that_staff_record_as_paid_is_closed(
    bookkeeper: Client, provider: LedgerProvider, way: Order.Way
) -> None:
    """Else its subscriber pays there once more."""
    order = first_order()
    reference = provider.prepare(order, make_method(order.user), 1)
    Order.objects.filter(pk=order.pk).update(way=way, provider=provider.name, reference=reference, due_at=NOW)
    bookkeeper.post(record_page(order), TRANSFER)
    order.refresh_from_db()
    assert order.state == "paid"
    assert charge(provider)["closed"] == 1
    assert provider.calls()[-1] == "close"
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == ("paid", None)


def test_page_by_which_an_order_was_paid_is_not_closed() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, provider="manual", reference="cs_1")
    record_payment(order, money(), now=NOW)
    order.refresh_from_db()
    assert (order.state, order.close_requested_at) == ("paid", None)


def test_repeated_number_is_recorded_once(bookkeeper: Client) -> None:
    order = first_order()
    for _click in range(2):
        bookkeeper.post(record_page(order), TRANSFER)
    assert (Payment.objects.count(), Subscription.objects.count()) == (1, 1)


def test_another_amount_is_a_surplus_and_says_so(bookkeeper: Client) -> None:
    order = first_order()
    answer = bookkeeper.post(record_page(order), TRANSFER | {"amount": "9.00"}, follow=True)
    assert "recorded as a surplus" in answer.content.decode()
    assert bookkeeper.get(reverse("admin:payments_payment_changelist"), {"surplus__exact": 1}).status_code == 200
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "9.905"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"transaction_id": ""}, "transaction_id"),
        ({"paid_on": "yesterday"}, "paid_on"),
    ],
)
def test_unreadable_transfer_is_refused_and_nothing_recorded(
    bookkeeper: Client, wrong: dict[str, str], field: str
) -> None:
    answer = bookkeeper.post(record_page(first_order()), TRANSFER | wrong)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_order_is_voided_and_a_paid_one_stays(bookkeeper: Client) -> None:
    order, paid = first_order(), first_order()
    record_payment(paid, money(), now=NOW)
    for each in (order, paid):
        bookkeeper.get(reverse("admin:void_order", args=[each.pk]))
        bookkeeper.post(reverse("admin:void_order", args=[each.pk]))
        each.refresh_from_db()
    assert (order.state, paid.state) == ("void", "paid")


@pytest.mark.parametrize(("page", "permission"), [("record_payment", "void_order"), ("void_order", "record_payment")])
def test_each_page_asks_for_its_own_permission(page: str, permission: str) -> None:
    order = first_order()
    staff = sign_in(make_staff("payments.view_order", f"payments.{permission}"))
    assert staff.post(reverse(f"admin:{page}", args=[order.pk]), TRANSFER).status_code == 403
    order.refresh_from_db()
    assert order.state == "open"


@pytest.mark.parametrize("model", ["order", "payment"])
def test_lists_and_rows_open_and_are_found_by_user(bookkeeper: Client, model: str) -> None:
    order = first_order()
    payment = record_payment(order, money(), now=NOW)
    row = order if model == "order" else payment
    listed = bookkeeper.get(reverse(f"admin:payments_{model}_changelist"), {"q": order.user.get_username()})
    assert order.user.get_username() in listed.content.decode()
    shown = bookkeeper.get(reverse(f"admin:payments_{model}_change", args=[row.pk]))
    assert "9.90 EUR" in shown.content.decode()
