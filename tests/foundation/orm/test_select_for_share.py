"""SELECT ... FOR SHARE, on both databases."""

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from foundation.orm.select_for_share import select_for_share
from subscriptions.models import Plan
from tests.support.factories import make_plan


@pytest.mark.django_db
def test_rows_come_back_whole_in_one_statement() -> None:
    dear, cheap = make_plan(price=9), make_plan(price=1)
    with CaptureQueriesContext(connection) as queries:
        assert select_for_share(Plan.objects.all()) == [cheap, dear]
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        select_for_share(Plan.objects.all())


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_two_share_and_neither_waits() -> None:
    plan = make_plan()
    other = connection.copy()
    try:
        with transaction.atomic():
            select_for_share(Plan.objects.filter(pk=plan.pk))
            with other.cursor() as cursor:
                cursor.execute("SELECT price FROM subscriptions_plan FOR SHARE NOWAIT")
                assert cursor.fetchall() == [(plan.price,)]
    finally:
        other.close()
