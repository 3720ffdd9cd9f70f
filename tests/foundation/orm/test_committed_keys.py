"""Keys below which a table is complete, whatever the order of commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from foundation.orm.committed_keys import PATIENCE, PAUSE, StillBeingWritten, complete_until
from subscriptions.models import Plan
from tests.support.factories import make_plan


@pytest.mark.django_db
def test_empty_table_is_complete() -> None:
    assert complete_until(Plan) == 0


@pytest.mark.django_db(transaction=True)
def test_committed_rows_are_complete() -> None:
    newest = max(make_plan().pk for _ in range(2))
    assert complete_until(Plan) == newest


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_lower_key_that_is_committed_later_is_waited_for() -> None:
    inserted, may_commit = Event(), Event()
    made: list[int] = []

    def slow() -> None:
        try:
            with transaction.atomic():
                made.append(make_plan().pk)
                inserted.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow_one = pool.submit(slow)
        assert inserted.wait(30)
        quick = make_plan().pk
        assert quick > made[0]
        assert Plan.objects.count() == 1, "the lower key cannot be seen yet"

        def pause(seconds: float) -> None:
            may_commit.set()
            slow_one.result(30)

        assert complete_until(Plan, pause=pause) == quick
        assert set(Plan.objects.filter(pk__lte=quick).values_list("pk", flat=True)) == {made[0], quick}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_transaction_that_stays_open_is_an_error_and_no_gap() -> None:
    inserted, may_end = Event(), Event()

    def stuck() -> None:
        try:
            with transaction.atomic():
                make_plan()
                inserted.set()
                assert may_end.wait(30)
        finally:
            connection.close()

    waited: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(stuck)
        assert inserted.wait(30)
        make_plan()
        with pytest.raises(StillBeingWritten):
            complete_until(Plan, pause=waited.append)
        may_end.set()
    assert sum(waited) == pytest.approx(PATIENCE.total_seconds())
    assert set(waited) == {PAUSE.total_seconds()}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_later_transactions_are_not_waited_for() -> None:
    """A sweep that inserts batch after batch must not keep readers waiting."""
    first, go_on, end = Event(), Event(), Event()

    def batches() -> None:
        try:
            with transaction.atomic():
                make_plan()
                first.set()
                assert go_on.wait(30)
            with transaction.atomic():
                make_plan()
                first.set()
                assert end.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(batches)
        assert first.wait(30)
        seen = make_plan().pk

        def pause(seconds: float) -> None:
            if not go_on.is_set():
                first.clear()
                go_on.set()
                assert first.wait(30)

        assert complete_until(Plan, pause=pause) == seen
        end.set()
