"""Locks of payments: owner, subscription, order, so that whoever records money never waits in a circle."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.models import Order
from payments.received_money.recording import record_payment
from payments.received_money.settling import await_money
from subscriptions.locks import lock_owner
from tests.payments.charging.renewal_orders import DUE, due_order
from tests.payments.opened_orders import money
from tests.support.locks import wait_until_blocked

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def record_money(order: Order) -> None:
    """Record the money of the order, as a webhook does."""
    record_payment(order, money(), now=DUE)


def note_pending(order: Order) -> None:
    """Note that the order's money is on its way, as the charger does."""
    await_money(order, DUE)


@pytest.mark.parametrize("act", [record_money, note_pending])
def test_owner_is_locked_before_the_order(act: Callable[[Order], None]) -> None:
    """While the owner is held by another, the order stays free, so that the holder can go on."""
    order = due_order()
    actor = threading.Thread(target=_in_a_connection_of_its_own, args=(act, order))
    with transaction.atomic():
        lock_owner(order.user_id)
        actor.start()
        wait_until_blocked()
        assert Order.objects.select_for_update(nowait=True).get(pk=order.pk).is_open
    actor.join()
    order.refresh_from_db()
    assert order.state in {"paid", "pending"}


def test_subscription_and_order_are_locked_by_one_statement_in_this_order() -> None:
    order = due_order()
    with CaptureQueriesContext(connection) as queries:
        record_money(order)
    statements = [query["sql"] for query in queries]
    (locking,) = [sql for sql in statements if 'FROM "payments_order"' in sql and "FOR NO KEY" in sql]
    assert locking.endswith('FOR NO KEY UPDATE OF "subscriptions_subscription", "payments_order"')


def _in_a_connection_of_its_own(act: Callable[[Order], None], order: Order) -> None:
    try:
        act(order)
    finally:
        connection.close()
