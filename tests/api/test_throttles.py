"""Rate limits: changes count per user and network; reading is free."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from foundation.throttling.counters import count
from foundation.throttling.models import RequestCount
from tests.api.callers import Caller, assert_problem
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db

RENEW = "subscriptions/1/renew"


@pytest.fixture(autouse=True)
def at_forty_seconds() -> Iterator[None]:
    """Freeze the time twenty seconds before the next minute."""
    with time_machine.travel(NOW + timedelta(seconds=40), tick=False):
        yield


@pytest.fixture
def three_a_user(settings: Any) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 3


def statuses(caller: Caller, times: int) -> list[int]:
    """Return the statuses of this many requests."""
    return [caller.post(RENEW).status_code for _ in range(times)]


def test_too_many_changes_are_answered_with_retry_after(three_a_user: None, owner: Caller, stranger: Caller) -> None:
    assert statuses(owner, 3) == [404] * 3
    response = owner.post(RENEW)
    assert_problem(response, 429)
    assert response["Retry-After"] == "20"
    assert statuses(stranger, 1) == [404]


def test_next_minute_counts_anew(three_a_user: None, owner: Caller) -> None:
    statuses(owner, 5)
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        assert statuses(owner, 4) == [404, 404, 404, 429]


def test_clock_that_is_10_ms_behind_at_a_minutes_turn_does_not_start_the_count_over() -> None:
    turn = NOW + timedelta(minutes=1)
    ahead, behind = turn + timedelta(milliseconds=5), turn - timedelta(milliseconds=5)
    counted = [count(["a", "b"], now)["a"] for now in (ahead, behind, ahead, behind, ahead)]
    assert counted == [1, 2, 3, 4, 5]
    assert RequestCount.objects.get(bucket="a").window_start == turn


def test_window_that_a_wrong_clock_opened_far_ahead_locks_nobody_out() -> None:
    count(["a"], NOW + timedelta(days=30))
    assert [count(["a"], NOW)["a"] for _ in range(2)] == [1, 2]
    assert RequestCount.objects.get().window_start == NOW


def test_address_has_a_limit_of_its_own(settings: Any, owner: Caller, stranger: Caller) -> None:
    settings.CHANGES_PER_MINUTE_AND_ADDRESS = 3
    assert statuses(owner, 2) == [404, 404]
    assert statuses(stranger, 2) == [404, 429]


def test_forwarded_for_makes_no_new_address(settings: Any, owner: Caller) -> None:
    settings.CHANGES_PER_MINUTE_AND_ADDRESS = 1
    owner.post(RENEW)
    owner._headers["X-Forwarded-For"] = "203.0.113.9, 203.0.113.10"
    assert statuses(owner, 1) == [429]


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("2001:db8::1", "2001:db8::2", 429),
        ("2001:db8::1", "2001:db8:0:1::1", 404),
        ("192.0.2.1", "192.0.2.2", 404),
        ("test-invoke-source-ip", "test-invoke-source-ip", 429),
    ],
)
def test_ipv6_addresses_of_one_customer_are_one(
    first: str, second: str, status: int, settings: Any, owner: Caller
) -> None:
    settings.CHANGES_PER_MINUTE_AND_ADDRESS = 1
    for address in (first, second):
        owner._client.defaults["REMOTE_ADDR"] = address
        told = statuses(owner, 1)
    assert told == [status]


def test_reading_and_refused_callers_are_not_counted(owner: Caller, anonymous: Caller) -> None:
    owner.get("subscriptions")
    owner.get("plans")
    anonymous.post(RENEW)
    assert not RequestCount.objects.exists()


def test_table_holds_no_address(owner: Caller) -> None:
    owner.post(RENEW)
    stored = str(list(RequestCount.objects.values_list("bucket", flat=True)))
    assert "127.0.0.1" not in stored
    assert RequestCount.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_no_count_is_lost_to_a_race() -> None:
    def hit(number: int) -> None:
        try:
            count(["b", "a"] if number % 2 else ["a", "b"], NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hit, range(80)))
    assert dict(RequestCount.objects.values_list("bucket", "requests")) == {"a": 80, "b": 80}
