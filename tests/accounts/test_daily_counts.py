"""Daily counts of accounts and confirmed addresses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.account_opening import open_account
from accounts.address_change import change_address
from accounts.daily_counts import Counted, count, counts_by_day
from accounts.forms import CompletionForm
from accounts.links import UsedLink, change_url
from accounts.models import DailyCount, User
from accounts.retention import old_counts
from tests.support.factories import make_user, user_page
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
FIELDS = {"username": "grace", "password1": "correct horse battery", "password2": "correct horse battery"}


def counts() -> dict[date, list[int]]:
    rows = DailyCount.objects.values_list("day", "signed_up", "added_by_staff", "addresses_changed")
    return {day: list(numbers) for day, *numbers in rows}


def open_grace() -> User | None:
    form = CompletionForm("grace@example.com", FIELDS)
    assert form.is_valid()
    return open_account(form, "grace@example.com", "!", NOON)


def token_of(user: User, address: str) -> str:
    return change_url(user, address).rstrip("/").rpartition("/")[2]


def test_each_kind_is_counted_in_its_column_of_the_day_in_utc() -> None:
    for counted in (Counted.SIGNED_UP, Counted.SIGNED_UP, Counted.ADDED_BY_STAFF, Counted.ADDRESSES_CHANGED):
        count(counted, NOON)
    count(Counted.SIGNED_UP, datetime(2026, 11, 29, tzinfo=UTC))
    count(Counted.SIGNED_UP, datetime(2026, 11, 29, tzinfo=UTC) - timedelta(microseconds=1))
    assert counts() == {DAY: [3, 1, 1], DAY - timedelta(days=1): [1, 0, 0]}


def test_days_without_a_row_count_zero() -> None:
    count(Counted.ADDED_BY_STAFF, NOON)
    days = [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    assert [(row.day, row.added_by_staff) for row in counts_by_day(days)] == list(zip(days, [0, 0, 1], strict=True))


def test_count_is_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        count(Counted.SIGNED_UP, NOON)


def test_account_that_opens_is_counted_with_it() -> None:
    assert open_grace()
    assert counts() == {DAY: [1, 0, 0]}


def test_account_that_does_not_open_is_not_counted() -> None:
    make_user(username="ada", email="grace@example.com")
    with pytest.raises(UsedLink):
        open_grace()
    form = CompletionForm("other@example.com", FIELDS)
    assert form.is_valid()
    make_user(username="grace", email="taken@example.com")
    assert open_account(form, "other@example.com", "!", NOON) is None
    assert counts() == {}


def test_change_of_address_is_counted_once_however_often_its_link_is_used() -> None:
    token = token_of(make_user(username="ada", email="old@example.com"), "new@example.com")
    change_address(token, NOON)
    with pytest.raises(UsedLink):
        change_address(token, NOON)
    assert counts() == {DAY: [0, 0, 1]}


@pytest.mark.parametrize("act", ["open", "change"])
def test_what_is_undone_is_not_counted(act: str) -> None:
    ada = make_user(username="ada", email="old@example.com")
    with transaction.atomic():
        _ = open_grace() if act == "open" else change_address(token_of(ada, "new@example.com"), NOON)
        transaction.set_rollback(True)
    assert counts() == {}


def test_failed_count_opens_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the count fails")

    monkeypatch.setattr("accounts.account_opening.count", fail)
    with pytest.raises(RuntimeError, match="the count fails"):
        open_grace()
    assert not User.objects.filter(username="grace").exists()


def test_account_that_staff_add_is_counted_apart_and_changing_it_is_not() -> None:
    root = sign_in(make_user(username="root", is_staff=True, is_superuser=True))
    fields = FIELDS | {"usable_password": "true", "email": "grace@example.com"}
    assert root.post(reverse(user_page("add")), fields).status_code == 302
    assert list(counts().values()) == [[0, 1, 0]]
    grace = User.objects.get(username="grace")
    page = reverse(user_page("change"), args=[grace.pk])
    form = root.get(page).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if isinstance(value, str)}
    assert root.post(page, values | {"first_name": "Grace"}).status_code == 302
    assert User.objects.get(username="grace").first_name == "Grace"
    assert list(counts().values()) == [[0, 1, 0]]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_none_of_many_counts_at_once_is_lost() -> None:
    def count_in_a_thread(number: int) -> None:
        try:
            with transaction.atomic():
                count(list(Counted)[number % 3], NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_in_a_thread, range(60)))
    assert counts() == {DAY: [20, 20, 20]}


def test_counts_go_with_the_sweeps_of_their_day() -> None:
    for days in (0, 1):
        count(Counted.SIGNED_UP, NOON - settings.SWEEPS_KEPT - timedelta(days=days))
    assert [row.day for row in old_counts(NOON)] == [(NOON - settings.SWEEPS_KEPT).date() - timedelta(days=1)]
