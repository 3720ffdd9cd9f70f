"""Database router that reads from a delayed, read-only replica."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from config.aws_lambda import gated_jobs
from foundation import clock, gate
from foundation.jobs import retention
from foundation.throttling.models import RequestCount
from notifications.models import Channel, Notification
from notifications.outbox import claims
from notifications.reminders import Reminders
from subscriptions.access.membership import find_mismatches
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.subscriptions.test_sweep import strict_receiver
from tests.support.factories import MONTH, NOW, make_due, make_plan, make_user
from tests.support.gate import Context, gate_on, make_table, read_item
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
REPLICA = "replica"
ENDLESS = timedelta(days=1)


class ReadsFromReplica:
    """Router as in Django's documentation."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return REPLICA

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        return True


READ_ONLY = {
    "sqlite": ["PRAGMA query_only = ON", "BEGIN", "SELECT 1 FROM auth_user"],
    "postgresql": ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SELECT 1 FROM auth_user"],
}
"""Settings that turn a second connection to the same database into a frozen replica."""


@pytest.fixture
def user_and_plan(transactional_db: None) -> tuple[Any, Plan]:
    """Create a user and a plan on the replica."""
    return make_user(), make_plan()


@pytest.fixture
def due(user_and_plan: Any) -> list[Subscription]:
    """Create three subscriptions on the replica."""
    return make_due(user_and_plan[1], 3)


@pytest.fixture
def replica(due: Any, settings: Any) -> Iterator[None]:
    """Freeze the replica: later writes are not visible there, and writing fails."""
    copy = connections[REPLICA] = connection.copy(
        alias=REPLICA
    )  # not in DATABASES, where Django's test case forbids it
    if connection.vendor == "postgresql":
        copy.set_autocommit(False)
    with copy.cursor() as cursor:
        for statement in READ_ONLY[connection.vendor]:
            cursor.execute(statement)
    settings.DATABASE_ROUTERS = [ReadsFromReplica()]
    yield
    settings.DATABASE_ROUTERS = []
    copy.close()
    del connections[REPLICA]


def in_default(model: type[Model]) -> Any:
    return model._base_manager.using("default")


def events() -> list[str]:
    rows = in_default(SubscriptionEvent).order_by("pk").values_list("transition", flat=True)
    assert in_default(Notification).count() == 2 * len(rows)
    return list(rows)


def test_double_of_a_replica_neither_writes_nor_sees_what_is_written(replica: None) -> None:
    make_plan(name="New")
    assert not Plan.objects.filter(name="New").exists()
    with pytest.raises(DatabaseError):
        Plan.objects.using(REPLICA).create(name="Newer", price=1, duration_days=1)


def test_each_transition_has_event_notifications_and_access(user_and_plan: tuple[Any, Plan], replica: None) -> None:
    user, plan = user_and_plan
    subscription = Service.create_subscription(user, plan, now=NOW)
    assert user.groups.using("default").filter(name="Subscribers").exists()
    Service.renew_subscription(subscription, now=NOW)
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    Service.cancel_now(subscription, now=NOW + MONTH)
    assert events() == ["created", "renewed", "cancelled", "reactivated", "expired"]
    assert not user.groups.using("default").exists()


def test_sweep_expires_and_counts_what_is_left(due: list[Subscription], replica: None) -> None:
    run = Service.sweep(now=NOW, batch_size=2)
    assert (run.expired, run.failed, run.remaining) == (3, 0, 0)
    assert events() == ["expired"] * 3
    assert not due[0].user.groups.using("default").exists()


def test_second_click_renews_nothing(due: list[Subscription], replica: None) -> None:
    seen = Terms.of_end(due[0])
    Service.renew_subscription(in_default(Subscription).get(pk=due[0].pk), now=NOW, shown=seen)
    with pytest.raises(ChangedMeanwhile):
        Service.renew_subscription(Subscription.objects.get(pk=due[0].pk), now=NOW, shown=seen)
    assert events() == ["renewed"]


def test_renewal_by_a_strict_receiver_during_a_sale_is_seen(due: list[Subscription], replica: None) -> None:
    def renew(transition: str, **kwargs: Any) -> None:
        if transition == "expired":
            Service.renew_subscription(in_default(Subscription).get(pk=due[0].pk), now=NOW)

    with strict_receiver(renew), pytest.raises(AlreadySubscribed):
        Service.create_subscription(due[0].user, due[0].plan, now=NOW)


def test_reminders_are_recorded_in_batches(user_and_plan: tuple[Any, Plan], replica: None) -> None:
    for _ in range(3):
        Service.create_subscription(make_user(), user_and_plan[1], now=NOW)
    Reminders(now=NOW + timedelta(days=25), time_left=lambda: ENDLESS, batch_size=1).run()
    assert in_default(Notification).filter(days_before__isnull=False).count() == 3


def test_deliverer_claims_submits_and_finishes(user_and_plan: tuple[Any, Plan], replica: None) -> None:
    Service.create_subscription(*user_and_plan, now=NOW)
    claim = claims.claim(Channel.SES, 10)
    (mail,) = claim.notifications
    assert claim.submit([mail.pk]) == [mail.pk]


def test_old_rows_go(user_and_plan: Any, replica: None) -> None:
    RequestCount.objects.create(bucket="a", window_start=NOW - MONTH, requests=1)
    assert retention.delete_old(NOW, lambda: ENDLESS)["request_counts"] == 1


def test_preview_of_the_sweep_and_audit_of_access_run(replica: None) -> None:
    call_command("preview_sweep", "--at", NOW.isoformat())
    assert find_mismatches(NOW).missing == []


@pytest.fixture
def gated(replica: None, aws: object, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(tmp_path / "ledger"))
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    make_table()
    with gate_on(settings):
        yield


@pytest.mark.postgresql
def test_gate_closes_until_what_the_primary_has(due: list[Subscription], gated: None) -> None:
    now = due[0].end_date - ENDLESS
    earlier = now + timedelta(hours=1)
    in_default(Subscription).update(end_date=earlier)
    connection.close()
    with CaptureQueriesContext(connections[REPLICA]) as read:
        wait_until(lambda: gate.close_gate(now))
    assert read_item().markers["sweep"] == earlier
    assert [query["sql"] for query in read] == []


@pytest.mark.postgresql
def test_sweep_waits_for_the_end_that_the_primary_has(gated: None) -> None:
    now = clock.now()
    in_default(Subscription).update(end_date=now + timedelta(seconds=30))
    wait = gated_jobs._wait_for_next_end(now, now + gated_jobs.AWAITED, Context())
    assert wait is not None
    assert wait <= timedelta(seconds=30)
