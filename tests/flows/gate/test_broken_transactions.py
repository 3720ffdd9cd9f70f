"""Gate and transactions that the database has given up."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.flows.gate.gated import close
from tests.support.factories import make_plan
from tests.support.gate import is_open
from tests.support.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def test_write_after_a_transaction_that_was_broken_opens_the_gate(gated: None) -> None:
    """The lock cannot be taken there; the next transaction of the session takes it."""
    wait_until(close)
    with transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT 1 / 0")
        with pytest.raises(DatabaseError):
            cursor.execute("UPDATE subscriptions_plan SET name = name")
        transaction.set_rollback(True)
    assert not is_open()
    make_plan()
    assert is_open()
