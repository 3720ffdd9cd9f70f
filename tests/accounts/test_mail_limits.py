"""Limit of mails to an address that anybody can type."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.mail_limits import lock_address, use_allowance
from accounts.models import MailLimit
from foundation.jobs import retention
from subscriptions.announcements import unlimited
from tests.support.locks import in_thread, wait_until_blocked

DAY = timedelta(days=1)
ADDRESS = "stranger@fa\u00df.example"


def ask(kind: str = "sign_up", address: str = ADDRESS) -> bool:
    """Return True if the mail is sent."""
    return use_allowance(kind, address, DAY)


def let_pass(time: timedelta) -> None:
    """Move what was counted into the past of the database's clock."""
    columns = ("last", "second_last", "third_last")
    MailLimit.objects.update(**{name: F(name) - time for name in columns})


def test_fourth_mail_within_a_day_is_refused_in_any_spelling_of_the_address(db: None) -> None:
    spellings = [ADDRESS, "STRANGER@xn--fa-hia.example", "Stranger@FA\u1e9e.example"]
    assert [ask(address=address) for address in spellings] == [True] * 3
    assert not ask()
    assert ask("password_reset")
    assert ask(address="other@example.com")


def test_limit_holds_over_any_day_and_not_over_a_calendar_day(db: None) -> None:
    assert ask()
    let_pass(timedelta(hours=20))
    assert [ask(), ask(), ask()] == [True, True, False]
    let_pass(timedelta(hours=5))
    assert [ask(), ask()] == [True, False]


def test_refused_request_does_not_prolong_the_wait(db: None) -> None:
    assert [ask() for _ in range(28)].count(True) == 3
    let_pass(DAY)
    assert ask()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_three_of_many_requests_at_once_succeed() -> None:
    def ask_in_a_thread(_number: int) -> bool:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask_in_a_thread, range(28))).count(True) == 3


def test_limit_names_nobody_and_is_deleted_when_it_no_longer_counts(db: None) -> None:
    ask()
    assert "stranger" not in str(MailLimit.objects.values().get())
    assert retention.delete_old(datetime.now(UTC), unlimited)["mail_limits"] == 0
    let_pass(timedelta(days=2))
    assert retention.delete_old(datetime.now(UTC), unlimited)["mail_limits"] == 1


@contextmanager
def retention_after_the_first_statement() -> Iterator[None]:
    """Let the retention run, in a connection of its own, once the block has asked for a limit."""
    runs: list[None] = []

    def run_after(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        result = execute(sql, *arguments)
        if MailLimit._meta.db_table in sql and not runs:
            runs.append(None)
            in_thread(lambda: retention.delete_old(datetime.now(UTC), unlimited)).join()
        return result

    with connection.execute_wrapper(run_after):
        yield
    assert runs


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_limit_that_is_asked_for_is_not_deleted_meanwhile() -> None:
    ask()
    let_pass(timedelta(days=2))
    with retention_after_the_first_statement():
        assert ask()
    assert MailLimit.objects.count() == 1
    assert [ask(), ask(), ask()] == [True, True, False]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_address_that_was_locked_long_ago_is_locked_again() -> None:
    with transaction.atomic():
        lock_address(ADDRESS)
    let_pass(timedelta(days=2))
    with retention_after_the_first_statement(), transaction.atomic():
        lock_address(ADDRESS)
        other = in_thread(lambda: lock_in_a_transaction(ADDRESS))
        wait_until_blocked()
    other.join()
    assert MailLimit.objects.filter(last__gt=Now() - timedelta(hours=1)).count() == 1


def lock_in_a_transaction(address: str) -> None:
    with transaction.atomic():
        lock_address(address)
