"""Orders and payments in the export and the erasure of a user's data."""

from datetime import timedelta

import pytest

from foundation.personal_data import Erasure
from payments.models import Order, Payment
from payments.personal_data import Payments
from payments.recording import record_payment
from tests.payments.orders import first_order, money
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db


def test_export_has_orders_and_payments_of_this_user_alone() -> None:
    order = first_order()
    payment = record_payment(order, money(transaction_id="t-1"), now=NOW)
    record_payment(first_order(), money(), now=NOW)

    exported = Payments().export(order.user)

    assert [each["id"] for each in exported["orders"]] == [order.pk]
    assert [(each["id"], each["transaction_id"]) for each in exported["payments"]] == [(payment.pk, "t-1")]


def test_erasure_and_leaving_void_open_orders_and_keep_what_was_paid() -> None:
    erased, left, paid = first_order(), first_order(), first_order()
    record_payment(paid, money(), now=NOW)

    Payments().erase(Erasure(erased.user, "erased", (), NOW + timedelta(days=1)))
    Payments().leave(left.user, NOW + timedelta(days=1))
    Payments().erase(Erasure(paid.user, "erased", (), NOW))

    states = dict(Order.objects.values_list("pk", "state"))
    assert states == {erased.pk: "void", left.pk: "void", paid.pk: "paid"}
    assert Payment.objects.count() == 1
