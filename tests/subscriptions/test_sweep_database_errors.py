"""Database errors within a sweep: a row's error defers that row, a lost database ends the run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from subscriptions import sweep
from subscriptions.access.membership import Membership, find_mismatches
from subscriptions.errors import SweepAborted
from subscriptions.models import Subscription, SweepRun
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.services import SubscriptionService
from tests.subscriptions.test_sweep import strict_receiver
from tests.support.factories import NOW, has_access, make_due, make_plan

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = timedelta(milliseconds=1)
FAILING = {
    "cancelled query": "SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)",
    "row too large for an index": "INSERT INTO wide SELECT string_agg(md5(n::text), '') FROM generate_series(1, 999) n",
    "deadlock": "DO $$ BEGIN RAISE deadlock_detected; END $$",
    "serialization failure": "DO $$ BEGIN RAISE serialization_failure; END $$",
    "out of shared memory": "DO $$ BEGIN RAISE out_of_memory; END $$",
}
"""Statements refused by PostgreSQL with an error that Django maps to OperationalError."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten lock timeouts, because no lock is released during these tests."""
    monkeypatch.setattr(sweep, "LOCK_WAIT", AT_ONCE)
    monkeypatch.setattr(sweep, "SPLIT_LOCK_WAIT", AT_ONCE)


@contextmanager
def membership_held(*users: User) -> Iterator[None]:
    """Lock the users' group rows in another transaction."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            keys = [user.pk for user in users]
            table = Membership._meta.db_table
            cursor.execute(f"SELECT 1 FROM {table} WHERE user_id = ANY(%s) FOR UPDATE", [keys])  # noqa: S608
            assert len(cursor.fetchall()) == len(keys)
        yield
    finally:
        other.close()


def executes(statement: str, user: User) -> Any:
    """Return a strict receiver that runs the statement for batches with this user."""

    def receiver(*, user_ids: list[int], **kwargs: Any) -> None:
        if user.pk in user_ids:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    return receiver


@pytest.mark.postgresql
def test_membership_that_somebody_else_holds_costs_one_of_fifty(quick: None) -> None:
    due = make_due(make_plan(), 50)
    held = due[17]
    with membership_held(held.user):
        first, second = (SubscriptionService.sweep(now=NOW) for _ in range(2))
        assert (first.expired, first.failed, first.remaining) == (49, 1, 0)
        assert list(first.failures) == list(second.failures) == [str(held.pk)]
        assert "lock timeout" in first.failures[str(held.pk)]
        assert has_access(held.user)
    assert SubscriptionService.sweep(now=NOW).expired == 1
    assert find_mismatches(NOW).stale == []


@pytest.mark.postgresql
def test_search_for_a_row_that_is_held_waits_once_long_and_then_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SPLIT_LOCK_WAIT", timedelta(milliseconds=20))
    due = make_due(make_plan(), 256)
    with membership_held(due[100].user), CaptureQueriesContext(connection) as queries:
        assert SubscriptionService.sweep(now=NOW).expired == 255
    limits = [re.findall(r"'lock_timeout', '(\d+)ms'", query["sql"]) for query in queries]
    # The first claim, a claim for each half down to the single row, and one that finds nothing more.
    assert [limit for (limit,) in filter(None, limits)] == ["1000", *["20"] * 16, "1000"]


@pytest.mark.postgresql
def test_many_rows_that_are_held_end_the_run_after_as_many_failures_as_it_may_have(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MAXIMUM_FAILURES", 5)
    due = make_due(make_plan(), 64)
    with (
        membership_held(*[row.user for row in due]),
        CaptureQueriesContext(connection) as queries,
        pytest.raises(SweepAborted),
    ):
        SubscriptionService.sweep(now=NOW)
    assert SweepRun.objects.get().failed == 5
    assert sum("lock_timeout" in query["sql"] for query in queries) <= 1 + 6 + 2 * 5


@pytest.mark.postgresql
@pytest.mark.parametrize("statement", FAILING.values(), ids=FAILING)
def test_error_of_one_row_costs_only_itself(statement: str) -> None:
    due = make_due(make_plan(), 20)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE wide (text text)")
        cursor.execute("CREATE INDEX ON wide (text)")
    try:
        with strict_receiver(executes(statement, due[7].user)):
            run = SubscriptionService.sweep(now=NOW)
    finally:
        connection.close()
    assert (run.expired, run.failed) == (19, 1)
    assert list(run.failures) == [str(due[7].pk)]
    assert run.failures[str(due[7].pk)].startswith("OperationalError: ")


@pytest.mark.postgresql
def test_claim_that_waits_too_long_leaves_its_rows_to_the_next_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    make_due(make_plan(), 5)
    claim, calls = SubscriptionQuerySet.claim, count(1)

    def claim_of_another_sweep(rows: SubscriptionQuerySet, *limits: Any) -> list[Subscription]:
        if next(calls) == 2:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE lock_not_available; END $$")
        return claim(rows, *limits)

    monkeypatch.setattr(SubscriptionQuerySet, "claim", claim_of_another_sweep)
    run = SubscriptionService.sweep(now=NOW, batch_size=2)
    assert (run.expired, run.failed, run.remaining) == (5, 0, 0)


@pytest.mark.postgresql
def test_run_that_can_claim_nothing_ends_and_says_how_much_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    make_due(make_plan(), 5)

    def claim_of_another_sweep(rows: SubscriptionQuerySet, *limits: Any) -> list[Subscription]:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE lock_not_available; END $$")
        return []

    monkeypatch.setattr(SubscriptionQuerySet, "claim", claim_of_another_sweep)
    run = SubscriptionService.sweep(now=NOW)
    assert (run.expired, run.failed, run.remaining) == (0, 0, 5)


def kill_the_backend() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def close_the_connection() -> None:
    connection.connection.close()
    Subscription.objects.count()


@pytest.mark.parametrize("lose", [pytest.param(kill_the_backend, marks=pytest.mark.postgresql), close_the_connection])
def test_lost_database_is_raised_and_not_taken_for_a_bad_row(lose: Any) -> None:
    make_due(make_plan(), 3)

    def receiver(**kwargs: Any) -> None:
        lose()

    with strict_receiver(receiver), pytest.raises(DatabaseError):
        SubscriptionService.sweep(now=NOW)
    run = SweepRun.objects.get()
    assert (run.finished_at, run.failures) == (None, {})
    assert SubscriptionService.sweep(now=NOW).expired == 3


def test_lost_database_that_a_receiver_reports_in_its_own_words_is_raised_as_well() -> None:
    make_due(make_plan(), 3)

    def receiver(**kwargs: Any) -> None:
        try:
            close_the_connection()
        except DatabaseError:
            raise LookupError("something is wrong") from None

    with strict_receiver(receiver), pytest.raises(LookupError):
        SubscriptionService.sweep(now=NOW)
    assert SweepRun.objects.get().finished_at is None
