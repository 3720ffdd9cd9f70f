"""Plan of the tries."""

from datetime import timedelta

import pytest

from payments.charging.tries import first_try, next_after, planned
from payments.models import Order
from tests.payments.charging.renewal_orders import DAY, DUE, END

HOUR = timedelta(hours=1)


def order_of(subscription: int) -> Order:
    """Return an order that was opened a day before the end."""
    return Order(subscription_id=subscription, opened_at=DUE, period_start=END)


def test_tries_are_the_day_before_and_one_three_five_and_seven_days_later() -> None:
    assert [instant - DUE for instant in planned(order_of(0), END + 7 * DAY)] == [
        timedelta(),
        DAY,
        3 * DAY,
        5 * DAY,
        7 * DAY,
    ]


def test_shorter_grace_period_shortens_the_plan() -> None:
    assert len(planned(order_of(0), END + 3 * DAY)) == 3
    assert len(planned(order_of(0), END + HOUR)) == 2


@pytest.mark.parametrize("subscription", [0, 59, 60, 1199, 1200])
def test_no_try_lies_within_an_hour_of_the_end_of_grace(subscription: int) -> None:
    for days in range(8):
        end = END + days * DAY + HOUR / 2
        assert all(instant <= end - HOUR for instant in planned(order_of(subscription), end))


def test_first_tries_are_spread_and_end_before_the_period_does() -> None:
    tries = {first_try(order_of(key), DUE, END + 7 * DAY) for key in range(3000)}
    assert len(tries) > 1000
    assert max(tries) < END - 3 * HOUR


def test_first_try_of_an_order_that_opens_late_comes_before_access_ends() -> None:
    assert first_try(order_of(1100), END - 2 * HOUR, END) == END - HOUR
    assert first_try(order_of(1100), END - HOUR / 2, END) == END - HOUR / 2


@pytest.mark.parametrize("key", [0, 599, 1199])
def test_first_try_of_an_order_that_opens_hours_before_the_end_comes_before_it(key: int) -> None:
    opened = END - 10 * HOUR
    first = first_try(order_of(key), opened, END + 7 * DAY)
    assert opened <= first <= END - HOUR
    assert first_try(order_of(key), END + DAY, END + 7 * DAY) == END + DAY


def test_next_try_lies_after_now() -> None:
    order = order_of(0)
    assert next_after(order, END + 7 * DAY, DUE) == DUE + DAY
    assert next_after(order, END + 7 * DAY, DUE + 7 * DAY) is None


def test_order_that_was_opened_long_before_is_tried_as_often() -> None:
    early = Order(subscription_id=0, opened_at=DUE - 20 * DAY, period_start=END)
    assert planned(early, END + 7 * DAY) == planned(order_of(0), END + 7 * DAY)
