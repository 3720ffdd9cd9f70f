"""Overlapping subscriptions created by the previous release."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from foundation import clock
from notifications.models import Notification
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import find_mismatches
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.overlaps import find_overlaps
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, has_access, make_overlap, make_plan, make_user
from tests.support.migrating import Targets, migrate, migrate_forward, migrated_back

pytestmark = pytest.mark.slow

BEFORE: Targets = [("subscriptions", "0005_index_users_by_name"), ("notifications", "0009_index_the_outbox_by_state")]
AFTER: Targets = [
    ("subscriptions", "0007_one_live_subscription"),
    ("notifications", "0010_announce_joined_subscriptions"),
]
DAY = timedelta(days=1)

Row = tuple[str, timedelta]
"""Status, and end relative to now."""


@pytest.fixture
def release_before() -> Iterator[Any]:
    """Yield the models of the previous release."""
    with migrated_back(BEFORE) as apps:
        yield apps


def make_rows(apps: Any, *rows: Row, users: int = 1) -> list[Any]:
    """Create the same subscriptions for each user, with ids in the order of the rows. Return the users' keys."""
    plans = apps.get_model("subscriptions", "Plan").objects
    plan, _made = plans.get_or_create(name="Monthly", defaults={"price": "9.90", "duration_days": 30})
    owners = [make_user() for _ in range(users)]
    subscription = apps.get_model("subscriptions", "Subscription")
    now = clock.now()
    subscription.objects.bulk_create(
        subscription(user_id=owner.pk, plan=plan, status=status, start_date=now - MONTH, end_date=now + end)
        for owner in owners
        for status, end in rows
    )
    for owner in owners:  # today's reconciling reads columns that this release lacks
        owner.groups.add(Group.objects.get(name=GROUP))
    return [owner.pk for owner in owners]


def history(owner: Any) -> list[tuple[str, str | None]]:
    """Return transition and mail state of each event of the user's, oldest first."""
    events = SubscriptionEvent.objects.order_by("pk").filter(subscription__user=owner, notifications__channel="ses")
    return list(events.values_list("transition", "notifications__state"))


KEPT: list[tuple[list[Row], list[str], list[str]]] = [
    ([("cancelled", DAY), ("active", 2 * DAY)], ["expired", "active"], ["expired"]),
    ([("cancelled", 2 * DAY), ("active", DAY)], ["active", "expired"], ["expired", "reactivated"]),
    ([("cancelled", 2 * DAY), ("cancelled", DAY)], ["cancelled", "expired"], ["expired"]),
    ([("cancelled", -DAY), ("active", DAY)], ["expired", "active"], ["expired"]),
    ([("cancelled", DAY), ("active", -DAY)], ["cancelled", "expired"], ["expired"]),
    ([("active", DAY)], ["active"], []),
]
"""Rows of a user with their statuses after the migration, and the transitions that are announced."""


@pytest.mark.django_db(transaction=True)
def test_migration_keeps_the_one_that_ends_last(release_before: Any) -> None:
    """All cases at once: going back and forth takes ten times as long as the rest."""
    owners = [make_rows(release_before, *rows)[0] for rows, _statuses, _transitions in KEPT]
    ends = dict(release_before.get_model("subscriptions", "Subscription").objects.values_list("pk", "end_date"))
    migrate_forward()
    for owner, (_rows, statuses, transitions) in zip(owners, KEPT, strict=True):
        found = list(Subscription.objects.filter(user=owner).order_by("pk"))
        assert [row.status for row in found] == statuses
        assert max(row.end_date for row in found) == max(ends[row.pk] for row in found)
        assert all(row.end_date == ends[row.pk] for row in found if row.expired_at is None)
        assert history(owner) == [(transition, "obsolete") for transition in transitions]
        told = Notification.objects.filter(event__subscription__user=owner, channel="sns", state="pending")
        assert told.count() == len(transitions)
    mismatches = find_mismatches(clock.now())
    assert (mismatches.stale, mismatches.missing) == ([], [])


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_migration_joins_batches_of_five_hundred_users(release_before: Any) -> None:
    make_rows(release_before, ("cancelled", DAY), ("active", 2 * DAY), users=501)
    with CaptureQueriesContext(connection) as queries:
        migrate([AFTER[0]])
    assert Subscription.objects.filter(status="expired").count() == 501
    updates = [query for query in queries if query["sql"].startswith('UPDATE "subscriptions_subscription"')]
    assert len(updates) == 2 * 2, "a status and an end per batch, however many rows it has"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_migration_that_was_interrupted_is_run_again(release_before: Any) -> None:
    migrate([("subscriptions", "0006_subscription_exempt")])
    index = "CREATE UNIQUE INDEX CONCURRENTLY subscription_one_live_per_user_and_plan ON subscriptions_subscription"
    make_rows(release_before, ("cancelled", DAY), ("active", 2 * DAY))
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute(f"{index} (user_id)")
    migrate([AFTER[0]])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid, indisunique FROM pg_index"
            " WHERE indexrelid = 'subscription_one_live_per_user_and_plan'::regclass"
        )
        assert cursor.fetchall() == [(True, True)]


@pytest.mark.django_db(transaction=True)
def test_release_before_inserts_without_meeting_the_constraint(release_before: Any) -> None:
    make_rows(release_before, ("cancelled", DAY))
    migrate_forward()
    held = Subscription.objects.get()
    old = release_before.get_model("subscriptions", "Subscription")
    old.objects.create(user_id=held.user_id, plan_id=held.plan_id, start_date=held.start_date, end_date=held.end_date)
    assert find_overlaps(clock.now()) == [(held.user_id, held.plan_id)]


@pytest.mark.django_db
def test_command_lists_and_joins() -> None:
    user, now = make_user(), clock.now()
    first = Service.create_subscription(user, make_plan(), now=now)
    assert run_command() == "No overlaps.\n"
    Service.cancel_subscription(first, now=now)
    second = make_overlap(first, start_date=now, end_date=now + DAY)
    with pytest.raises(CommandError, match="1 overlaps"):
        run_command()
    assert "Joined 1 overlaps." in run_command("--fix")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("active", "expired")
    assert [event.transition for event in first.events.all()] == ["created", "cancelled", "reactivated"]
    assert has_access(user)


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("audit_overlaps", *arguments, stdout=out)
    return out.getvalue()
