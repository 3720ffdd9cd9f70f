"""Slow public receivers in a sweep with a time limit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from subscriptions import announcements
from subscriptions.announcements import Pace
from subscriptions.models import Subscription, SweepRun
from subscriptions.services import SubscriptionService
from subscriptions.signals import subscription_expired
from subscriptions.sweep import RESERVE
from tests.support.factories import NOW, make_due, make_plan

pytestmark = pytest.mark.django_db(transaction=True)

MILLISECOND = timedelta(milliseconds=1)


class Invocation:
    """Time that passes only while a receiver runs."""

    def __init__(self, left: timedelta) -> None:
        self.left = left
        self.batches: list[int] = []
        self.announced: list[int] = []

    def time_left(self) -> timedelta:
        return self.left

    @contextmanager
    def receiver(self, takes: timedelta, work: Callable[[], object] = int) -> Iterator[None]:
        """Connect a receiver that takes this long."""

        def receive(subscription: Subscription, **kwargs: Any) -> None:
            self.left -= takes
            self.announced.append(subscription.pk)
            work()

        subscription_expired.connect(receive)
        try:
            yield
        finally:
            subscription_expired.disconnect(receive)


def expired() -> int:
    return Subscription.objects.filter(status="expired").count()


def test_with_little_time_left_only_what_can_be_announced_expires() -> None:
    make_due(make_plan(), 700)
    invocation = Invocation(timedelta(seconds=5.5))
    with invocation.receiver(5 * MILLISECOND):
        run = SubscriptionService.sweep(now=NOW, time_left=invocation.time_left)
    assert len(invocation.announced) == run.expired == expired()
    assert (run.expired, run.unannounced, run.remaining) == (200, 0, 500)
    assert invocation.left >= announcements.RESERVE


def test_unannounced_subscriptions_are_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    make_due(make_plan(), 150)
    invocation = Invocation(timedelta(seconds=6))
    with invocation.receiver(timedelta(seconds=1)):
        run = SubscriptionService.sweep(now=NOW, time_left=invocation.time_left)
    assert invocation.left >= announcements.RESERVE - timedelta(seconds=1)
    assert (len(invocation.announced), run.expired, run.unannounced, run.remaining) == (4, 100, 96, 50)
    assert SweepRun.objects.get().unannounced == run.summary()["unannounced"] == 96
    assert [record.__dict__["unannounced"] for record in caplog.records if "not called" in record.message] == [96]
    assert "'SubscriptionsUnannounced': 96" in caplog.text


def test_batch_is_as_large_as_what_the_receivers_can_be_told_in_time() -> None:
    make_due(make_plan(), 900)
    invocation = Invocation(RESERVE + timedelta(seconds=3))
    sizes: list[int] = []
    with invocation.receiver(5 * MILLISECOND, lambda: sizes.append(expired())):
        run = SubscriptionService.sweep(now=NOW, time_left=invocation.time_left)
    assert sorted(set(sizes)) == [100, 600, 700]
    assert (run.unannounced, run.expired) == (0, len(invocation.announced))


@pytest.mark.parametrize("left", [timedelta.max, timedelta(seconds=60)])
def test_batches_are_not_smaller_where_nobody_listens_or_nothing_limits_the_time(left: timedelta) -> None:
    make_due(make_plan(), 300)
    invocation = Invocation(left)
    pace = Pace(invocation.time_left, subscription_expired, SubscriptionService)
    if left != timedelta.max:
        assert pace.batch_size(2_000, left - RESERVE) == 2_000
        return
    with invocation.receiver(timedelta()):
        assert pace.batch_size(2_000, left) == 2_000
