"""kill -9 before each change of a subscription, a renewal, a charge or its retry: nothing is lost, doubled or late."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

import psycopg
import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import User
from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Notification
from payments.charging.renewal_orders import open_orders
from payments.models import Order, OrderState
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate.gated import run
from tests.payments.charging.renewal_orders import agree, make_method
from tests.support.dying_process import dies
from tests.support.factories import make_due, make_plan, make_user
from tests.support.gate import AUDIT, DELIVERY, PAYMENTS, SWEEP
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.slow,
    pytest.mark.usefixtures("provider"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]

T = TypeVar("T")
EachDeath = Callable[[Callable[[], T], Callable[[T], object]], Iterator[T]]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEGUN = "Your subscription to Monthly has begun"
RENEWED = "Your subscription to Monthly is renewed"
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
LEASES_END = "UPDATE payments_order SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
"""By hand, because the database's clock counts the lease: it opens nothing."""


@pytest.fixture
def by_hand(gated: None) -> Iterator[psycopg.Connection]:
    """Return a session that no gate watches."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        yield session


@pytest.fixture
def plan(gated: None) -> Plan:
    """Return a plan of a year: no subscription but the present one ends."""
    return make_plan(reminder_days=[], duration_days=365)


def tick(now: time_machine.Traveller) -> None:
    """Run the jobs of the next minute."""
    now.shift(MINUTE)
    for job in (DELIVERY, SWEEP, PAYMENTS):
        run(job, sleep=lambda seconds: now.shift(timedelta(seconds=seconds)))


def settle(now: time_machine.Traveller) -> None:
    """Run what is due until the gate is closed."""
    connection.close()
    for _minute in range(10):
        now.shift(MINUTE)
        if run(DELIVERY) == run(PAYMENTS) == ASLEEP:
            return
    pytest.fail("the gate does not close")


def mails_to(aws: LocalAWS, user: User) -> list[str]:
    return [str(mail.message["Subject"]) for mail in aws.mails() if mail.recipients == [user.email]]


def unfinished() -> list[int]:
    return list(Notification.objects.filter(finished_at=None).values_list("pk", flat=True))


def end_of(user: User) -> datetime:
    return Subscription.objects.get(user=user).end_date


@pytest.fixture
def each_death(by_hand: psycopg.Connection) -> EachDeath[Any]:
    """Return a generator of what was prepared for each process that acted on it with the gate closed.

    The first one is killed before its first change, each later one before the next. The last one lives.
    """

    def killed(prepare: Callable[[], T], action: Callable[[T], object]) -> Iterator[T]:
        for point in count():
            prepared = prepare()
            before = sessions(by_hand)  # an earlier test's thread may have left one, and autovacuum has its own
            died = dies(partial(action, prepared), point)
            wait_until(partial(has_no_other, by_hand, before))  # the locks of a dead one would be skipped
            yield prepared
            if not died:
                return

    return killed


def sessions(by_hand: psycopg.Connection) -> set[int]:
    return {pid for (pid,) in by_hand.execute(SESSIONS)}


def has_no_other(by_hand: psycopg.Connection, known: set[int]) -> bool:
    return sessions(by_hand) <= known


def test_subscriber_is_told_by_the_next_tick(
    plan: Plan, each_death: EachDeath[User], now: time_machine.Traveller, aws: LocalAWS
) -> None:
    def user_of_a_sleeping_stage() -> User:
        user = make_user()
        settle(now)
        return user

    outcomes = []
    for user in each_death(user_of_a_sleeping_stage, lambda user: Service.create_subscription(user, plan)):
        tick(now)
        outcomes.append(Subscription.objects.filter(user=user).exists())
        assert mails_to(aws, user) == [BEGUN] * outcomes[-1]
        assert unfinished() == []
    assert outcomes.count(False) > 3
    assert outcomes[-1]


def test_renewal_is_told_by_the_next_tick(
    plan: Plan, each_death: EachDeath[Subscription], now: time_machine.Traveller, aws: LocalAWS
) -> None:
    def subscription_of_a_sleeping_stage() -> Subscription:
        (subscription,) = make_due(plan, 1, end=clock.now() + 20 * HOUR)
        settle(now)
        return subscription

    outcomes = []
    for subscription in each_death(subscription_of_a_sleeping_stage, Service.renew_subscription):
        tick(now)
        outcomes.append(end_of(subscription.user) > subscription.end_date)
        assert mails_to(aws, subscription.user) == [RENEWED] * outcomes[-1]
        assert unfinished() == []
    assert outcomes.count(False) > 3
    assert outcomes[-1]


def test_edit_of_a_plans_groups_reaches_its_subscribers_by_the_next_audit(
    each_death: EachDeath[Subscription], now: time_machine.Traveller
) -> None:
    now.shift(HOUR)  # the night's audit is far off

    def subscription_of_a_sleeping_stage() -> Subscription:
        now.shift(20 * MINUTE)  # an edit that the last death may have left open is over by now
        (subscription,) = make_due(make_plan(reminder_days=[]), 1, end=clock.now() + 400 * HOUR)
        connection.close()
        run(AUDIT)
        settle(now)
        return subscription

    def edit(subscription: Subscription) -> None:
        assert run(AUDIT) == ASLEEP
        subscription.plan.groups.add(Group.objects.create(name=f"Readers {subscription.pk}"))

    outcomes = []
    for subscription in each_death(subscription_of_a_sleeping_stage, edit):
        run(DELIVERY)  # it closes the gate unless it sees what the dead left
        now.shift(10 * MINUTE)
        run(AUDIT)
        granted = set(subscription.plan.groups.values_list("name", flat=True))
        assert granted <= set(subscription.user.groups.values_list("name", flat=True))
        outcomes.append(bool(granted))
    assert outcomes.count(False) > 3
    assert outcomes.count(True) > 3


@pytest.mark.parametrize("tries", [1, 2])
def test_charge_is_made_once_and_told(
    tries: int,
    plan: Plan,
    each_death: EachDeath[Order],
    by_hand: psycopg.Connection,
    now: time_machine.Traveller,
    aws: LocalAWS,
    provider: LedgerProvider,
) -> None:
    """A second try follows a declined one: the order is due again a day later, with a reference that is known."""
    taken_by_the_dead = []
    for order in each_death(lambda: due_order(plan, now, tries), lambda _order: run(PAYMENTS)):
        taken_by_the_dead.append(order.pk in charged(provider))
        told_before = mails_to(aws, order.user)[: tries - 1]
        run(DELIVERY)  # it closes the gate unless it sees what the dead left
        by_hand.execute(LEASES_END)
        now.shift(MINUTE)
        run(PAYMENTS)
        run(DELIVERY)
        assert charged(provider).count(order.pk) == 1
        assert order.period_start is not None
        assert end_of(order.user) == order.period_start + timedelta(days=365)
        assert mails_to(aws, order.user) == [*told_before, RENEWED]
        assert unfinished() == []
    assert taken_by_the_dead.count(False) > 3
    assert taken_by_the_dead.count(True) > 3


def charged(provider: LedgerProvider) -> list[int]:
    return [number for number, _reference in provider.successes()]


def due_order(plan: Plan, now: time_machine.Traveller, tries: int) -> Order:
    """Return an order that is due for its first try or for the second one, with the gate closed until this minute."""
    (subscription,) = make_due(plan, 1, end=clock.now() + 20 * HOUR)
    agree(subscription, make_method(subscription.user, "ok" if tries == 1 else "second"))
    open_orders(LedgerProvider.name, clock.now(), lambda: timedelta.max)  # the job would try one of some keys at once
    order = Order.objects.get(subscription=subscription)
    order.due_at = clock.now() + HOUR
    order.save()
    for _declined in range(tries - 1):
        settle(now)
        now.move_to(order.due_at)
        run(PAYMENTS)
        order.refresh_from_db()
        assert (order.state, order.attempts) == (OrderState.OPEN, 1)
    settle(now)
    assert order.due_at is not None
    now.move_to(order.due_at)
    return order
