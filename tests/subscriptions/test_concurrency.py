"""Concurrent sweeps and renewals, and killed sweeps, with PostgreSQL's locks."""

import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from accounts.models import User
from notifications.models import Notification
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import find_mismatches
from subscriptions.errors import AlreadySubscribed
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_due, make_plan, make_user
from tests.support.locks import in_thread, wait_until_blocked, wait_until_others_are_idle
from tests.support.patience import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


class Sweeper:
    """Sweeping process. It waits before its sweep, and again during its first batch's transaction."""

    def __init__(self, *, batch_size: int, limit: int) -> None:
        command = [sys.executable, "-m", "tests.support.programs.sweeper", str(batch_size), str(limit), NOW.isoformat()]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def await_word(self, word: str) -> None:
        """Wait until it prints `ready`, or `holding` in its first batch."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{word}\n"

    def go_on(self) -> None:
        """Let it continue."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def finish(self) -> int:
        """Wait for its end and return the number expired."""
        said, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        return int(said)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate(timeout=PATIENCE_SECONDS)


def assert_each_expired_once(due: list[Subscription]) -> None:
    """Check that each due row has expired with one event, one notification per channel, and correct access."""
    assert Subscription.objects.filter(status="expired", expired_at=NOW).count() == len(due)
    events = Counter(SubscriptionEvent.objects.filter(transition="expired").values_list("subscription_id", flat=True))
    assert events == Counter(subscription.pk for subscription in due)
    channels = Counter(Notification.objects.values_list("event__subscription_id", "channel"))
    assert channels == Counter((row.pk, channel) for row in due for channel in ("ses", "sns"))
    assert not get_user_model().objects.filter(groups__name=GROUP).exists()


def test_four_overlapping_sweeps_expire_each_row_once() -> None:
    due = make_due(make_plan(), 4_000)
    sweepers = [Sweeper(batch_size=100, limit=len(due)) for _ in range(4)]
    for word in ("ready", "holding"):
        for sweeper in sweepers:
            sweeper.await_word(word)
        for sweeper in sweepers:
            sweeper.go_on()
    expired = [sweeper.finish() for sweeper in sweepers]
    assert sum(expired) == len(due)
    assert min(expired) >= 100, "each held a batch of its own"
    assert_each_expired_once(due)


def test_sweep_killed_at_any_moment_leaves_nothing_half_done() -> None:
    due = make_due(make_plan(), 12_000)
    chance = random.Random(20261123)
    waiting = [Sweeper(batch_size=50, limit=400) for _ in range(4)]
    for killed in range(24):
        sweeper = waiting.pop(0)
        sweeper.await_word("ready")
        before = number_of_expired()
        sweeper.go_on()
        sweeper.await_word("holding")
        if killed % 6:  # the others die with their batch written and not committed
            sweeper.go_on()
            enough = before + chance.randint(1, 300)
            wait_until(lambda enough=enough: number_of_expired() >= enough)  # type: ignore[misc]
            time.sleep(chance.uniform(0.0, 0.05))
        sweeper.kill()
        if killed < 20:
            waiting.append(Sweeper(batch_size=50, limit=400))
    wait_until_others_are_idle()
    part = number_of_expired()
    assert 0 < part < len(due)
    assert Service.sweep(now=NOW).expired == len(due) - part
    assert_each_expired_once(due)


def number_of_expired() -> int:
    return Subscription.objects.filter(status="expired").count()


def test_renewal_made_between_claim_and_update_survives() -> None:
    (due,) = make_due(make_plan(), 1)
    with transaction.atomic():
        claimed = Subscription.objects.due(NOW).claim(10)
        renewal = in_thread(lambda: Service.renew_subscription(Subscription.objects.get(pk=due.pk), now=NOW))
        wait_until_blocked()
        Service.expire_claimed(claimed, now=NOW)
    renewal.join(timeout=PATIENCE_SECONDS)
    due.refresh_from_db()
    assert (due.status, due.end_date) == ("active", NOW + MONTH)
    assert has_access(due.user)


def test_sweep_passes_over_what_a_renewal_holds() -> None:
    first, second = make_due(make_plan(), 2)
    with transaction.atomic():
        Service.renew_subscription(first, now=NOW)
        sweep = in_thread(lambda: Service.sweep(now=NOW))
        sweep.join(timeout=PATIENCE_SECONDS)
        assert not sweep.is_alive()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("active", "expired")
    assert has_access(first.user)


def test_creation_of_another_subscription_during_the_expiry_keeps_access() -> None:
    (due,) = make_due(make_plan(), 1)
    other = make_plan(name="Yearly")
    with transaction.atomic():
        claimed = Subscription.objects.due(NOW).claim(10)
        user = get_user_model().objects.get(pk=due.user_id)
        creation = in_thread(lambda: Service.create_subscription(user, other, now=NOW))
        wait_until_blocked()
        Service.expire_claimed(claimed, now=NOW)
    creation.join(timeout=PATIENCE_SECONDS)
    assert has_access(due.user)
    assert find_mismatches(NOW).stale == []


def test_two_simultaneous_creations_give_one_subscription() -> None:
    user, plan = make_user(), make_plan()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: create_or_refuse(user, plan), range(8)))
    assert Subscription.objects.filter(user=user).count() == 1
    assert Notification.objects.count() == 2


def create_or_refuse(user: User, plan: Plan) -> None:
    try:
        Service.create_subscription(user, plan, now=NOW)
    except AlreadySubscribed:
        return
    finally:
        connection.close()


def test_sweeps_and_renewals_of_users_with_many_subscriptions_neither_deadlock_nor_lose_access() -> None:
    plans = [make_plan(name=f"Plan {days}", duration_days=days) for days in (1, 2, 3, 4)]
    users = [make_user() for _ in range(60)]
    for user in users:
        for plan in plans:
            Service.create_subscription(user, plan, now=NOW - timedelta(days=30))
    every = list(Subscription.objects.order_by("pk"))
    chance = random.Random(7)
    renewed = chance.sample(every, 120)

    def renew(some: list[Subscription]) -> None:
        for subscription in some:
            Service.renew_subscription(subscription, now=NOW)

    threads = [in_thread(lambda: Service.sweep(now=NOW, batch_size=7)) for _ in range(3)]
    threads += [in_thread(lambda part=part: renew(renewed[part::3])) for part in range(3)]  # type: ignore[misc]
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    Service.sweep(now=NOW)
    assert Subscription.objects.filter(status="active").count() == len(renewed)
    mismatches = find_mismatches(NOW)
    assert (mismatches.stale, mismatches.missing) == ([], [])
