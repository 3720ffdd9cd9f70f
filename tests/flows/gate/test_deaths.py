"""kill -9 before each change that a subscription, a renewal or a charge makes: nothing is lost, doubled or late."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection

from accounts.models import User
from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Notification
from payments.models import Order
from payments.providers.registry import current
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate.gated import run
from tests.payments.charging.renewal_orders import agree, make_method
from tests.support.dying_process import dies
from tests.support.factories import make_due, make_plan, make_user
from tests.support.gate import DELIVERY, PAYMENTS, SWEEP
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEGUN = "Your subscription to Monthly has begun"
RENEWED = "Your subscription to Monthly is renewed"
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
LEASES_END = "UPDATE payments_order SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
"""By hand, because the database's clock counts the lease: it opens nothing."""


@pytest.fixture(autouse=True)
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> LedgerProvider:
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(tmp_path / "ledger"))
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    provider = LedgerProvider()
    monkeypatch.setattr(current(), "path", provider.path)  # that of the process was made by an earlier test
    return provider


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


def dies_for_good(action: Callable[[], object], point: int, by_hand: psycopg.Connection) -> bool:
    """Kill the process, and wait until no session of it is left, whose locks would be skipped."""
    before = sessions(by_hand)  # an earlier test's thread may have left one, and autovacuum has its own
    died = dies(action, point)
    wait_until(lambda: sessions(by_hand) <= before)
    return died


def sessions(by_hand: psycopg.Connection) -> set[int]:
    return {pid for (pid,) in by_hand.execute(SESSIONS)}


def test_subscriber_is_told_by_the_next_tick(
    plan: Plan, by_hand: psycopg.Connection, now: time_machine.Traveller, aws: LocalAWS
) -> None:
    outcomes = []
    died = True
    for point in count():
        if not died:
            break
        user = make_user()
        settle(now)
        died = dies_for_good(partial(Service.create_subscription, user, plan), point, by_hand)
        tick(now)
        outcomes.append(Subscription.objects.filter(user=user).exists())
        assert mails_to(aws, user) == [BEGUN] * outcomes[-1]
        assert unfinished() == []
    assert outcomes.count(False) > 3
    assert outcomes[-1]


def test_renewal_is_told_by_the_next_tick(
    plan: Plan, by_hand: psycopg.Connection, now: time_machine.Traveller, aws: LocalAWS
) -> None:
    outcomes = []
    died = True
    for point in count():
        if not died:
            break
        (subscription,) = make_due(plan, 1, end=clock.now() + 20 * HOUR)
        settle(now)
        died = dies_for_good(partial(Service.renew_subscription, subscription), point, by_hand)
        tick(now)
        outcomes.append(end_of(subscription.user) > subscription.end_date)
        assert mails_to(aws, subscription.user) == [RENEWED] * outcomes[-1]
        assert unfinished() == []
    assert outcomes.count(False) > 3
    assert outcomes[-1]


def test_charge_is_made_once_and_told(
    plan: Plan, by_hand: psycopg.Connection, now: time_machine.Traveller, aws: LocalAWS, provider: LedgerProvider
) -> None:
    died, taken_by_the_dead = True, []
    for point in count():
        if not died:
            break
        order = due_order(plan, now)
        died = dies_for_good(lambda: run(PAYMENTS), point, by_hand)
        taken_by_the_dead.append(order.pk in charged(provider))
        run(DELIVERY)  # it closes the gate unless it sees what the dead left
        by_hand.execute(LEASES_END)
        now.shift(MINUTE)
        run(PAYMENTS)
        run(DELIVERY)
        assert charged(provider).count(order.pk) == 1
        assert end_of(order.user) > clock.now() + timedelta(days=365)
        assert mails_to(aws, order.user) == [RENEWED]
        assert unfinished() == []
    assert taken_by_the_dead.count(False) > 3
    assert taken_by_the_dead.count(True) > 3


def charged(provider: LedgerProvider) -> list[int]:
    return [number for number, _reference in provider.successes()]


def due_order(plan: Plan, now: time_machine.Traveller) -> Order:
    """Return an order that is due, with the gate closed until this minute."""
    (subscription,) = make_due(plan, 1, end=clock.now() + 20 * HOUR)
    agree(subscription, make_method(subscription.user))
    run(PAYMENTS)
    order = Order.objects.get(subscription=subscription)
    order.due_at = clock.now() + HOUR
    order.save()
    settle(now)
    now.move_to(order.due_at)
    return order
