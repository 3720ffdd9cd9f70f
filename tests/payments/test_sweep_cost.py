"""What payments cost the sweep: one statement per batch, and none where they are off."""

from datetime import datetime

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import Order, OrderState
from subscriptions.services import SubscriptionService
from subscriptions.sweep import BATCH_SIZE
from tests.payments.charging.renewal_orders import DAY, END, due_order
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

GRACE = END + 7 * DAY
LATE = 3


def punctual() -> None:
    """Create subscriptions that end with their paid time."""
    for _number in range(LATE):
        SubscriptionService.create_subscription(make_user(), make_plan(), now=NOW)


def statements_of_a_sweep(now: datetime, batch_size: int = BATCH_SIZE) -> list[str]:
    """Return the statements of a sweep, in one batch unless told otherwise."""
    with CaptureQueriesContext(connection) as captured:
        assert SubscriptionService.sweep(now=now, batch_size=batch_size).expired == LATE
    return [query["sql"] for query in captured]


def explained(statement: str) -> str:
    """Return the plan of a statement; on PostgreSQL without sequential scans if an index exists."""
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {statement.replace('%', '%%')}", [])
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def updates_of_orders(statements: list[str]) -> int:
    return sum(sql.startswith('UPDATE "payments_order"') for sql in statements)


def test_payments_cost_one_statement_per_batch_whether_rows_are_late_or_not(settings: LazySettings) -> None:
    punctual()
    without = statements_of_a_sweep(END)
    settings.PAYMENT_PROVIDER = "stripe"
    punctual()
    on_time = statements_of_a_sweep(END)
    for _number in range(LATE):
        due_order()
    late = statements_of_a_sweep(GRACE)
    assert len(on_time) == len(late) == len(without) + 1
    assert updates_of_orders(on_time) == updates_of_orders(late) == 1
    assert set(Order.objects.values_list("state", flat=True)) == {OrderState.VOID}


def test_each_batch_ends_its_orders_in_one_statement(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "stripe"
    for _number in range(LATE):
        due_order()
    assert updates_of_orders(statements_of_a_sweep(GRACE, batch_size=LATE - 1)) == 2


def test_grace_alone_costs_no_statement() -> None:
    punctual()
    without = statements_of_a_sweep(END)
    for _number in range(LATE):
        due_order()
    assert len(statements_of_a_sweep(GRACE)) == len(without)


def test_orders_of_what_expires_are_found_by_their_subscriptions(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "stripe"
    for _number in range(LATE):
        due_order()
    ended = [sql for sql in statements_of_a_sweep(GRACE) if sql.startswith('UPDATE "payments_order"')]
    plan = "\n".join(map(explained, ended))
    assert plan.count("payments_order") >= len(ended)
    assert "SCAN payments_order" not in plan
    assert "Seq Scan on payments_order" not in plan
