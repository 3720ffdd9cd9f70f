"""No statement of the sweep scans a table that grows with the number of subscribers."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.large_history import fill
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService
from tests.support.explain import walks_of
from tests.support.factories import NOW

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SUBSCRIPTIONS = 17_000
A_MONTH_LATER = NOW + timedelta(days=30)
"""Time at which about 1,000 subscriptions are due."""

STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def statements_of_a_sweep() -> list[str]:
    """Return the statements of a sweep that is rolled back."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as captured:
            assert SubscriptionService.sweep(now=A_MONTH_LATER).expired > 900
        transaction.set_rollback(True)
    return [query["sql"] for query in captured if query["sql"].startswith(STATEMENTS)]


def test_no_statement_of_the_sweep_walks_a_large_table() -> None:
    fill(SUBSCRIPTIONS, NOW)
    statements = statements_of_a_sweep()
    assert Subscription.objects.due(A_MONTH_LATER).exists()
    with transaction.atomic():
        # In the same order and with the same rows: what a statement finds is what those before it left.
        walks = {sql: walk for sql in statements if (walk := list(walks_of(sql, SUBSCRIPTIONS // 10)))}
        transaction.set_rollback(True)
    assert walks == {}
