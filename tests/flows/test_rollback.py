"""The release before goes on in the database of this one: with subscriptions, the sweep, and mails that it knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.support.release_before import PROJECT, WITHOUT_MAILS, Release, check_out, empty_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

WRITES = """
import json
from django.contrib.auth import get_user_model
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService
ada = get_user_model().objects.create_user("ada", "ada@example.com", "correct horse")
SubscriptionService.create_subscription(ada, Plan.objects.create(name="Monthly", price="9.90", duration_days=30))
print("null")
"""

RECORDS = """
from django.core.mail import send_mail
from notifications.models import Notification
send_mail("Report", "Ready", None, ["grace@example.com"])
for state in ("pending", "sending", "unknown"):
    row = Notification.objects.create(channel="ses", address="new@example.com", account_kind="bygone")
    Notification.objects.filter(pk=row.pk).update(state=state)
print("null")
"""

GOES_ON = """
import json
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.test import Client
from notifications.models import Notification
from notifications.outbox.delivery import Delivery
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService

grace = get_user_model().objects.create_user("grace", "grace@example.com")
SubscriptionService.create_subscription(grace, Plan.objects.get())
operator = get_user_model().objects.create_superuser("root", "root@example.com", "correct horse")
client = Client()
client.force_login(operator)
pages = ["/admin/notifications/notification/", "/admin/notifications/notification/?q=ada", "/admin/dashboard/"]
statuses = [client.get(page).status_code for page in pages]
summary = Delivery(lambda: timedelta(minutes=5)).run()
states = Notification.objects.values_list("event_id", "channel", "state")
print(json.dumps({
    "statuses": statuses, "claimed": summary["claimed"], "accepted": summary["accepted"],
    "states": sorted([["of an event" if event else "other", channel, state] for event, channel, state in states]),
}))
"""

MOVES_ON = """
import json
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service

plan, users = Plan.objects.get(), get_user_model().objects
moves = {
    "renewed": [Service.renew_subscription],
    "cancelled": [Service.cancel_subscription],
    "resumed": [Service.cancel_subscription, Service.reactivate_subscription],
    "ended": [Service.cancel_now],
    "due": [],
}
for name, steps in moves.items():
    subscription = Service.create_subscription(users.create_user(name, f"{name}@example.com"), plan)
    for step in steps:
        step(subscription)
past = timezone.now() - timedelta(minutes=1)
Subscription.objects.filter(user__username="due").update(start_date=past - timedelta(days=30), end_date=past)
expired = Service.sweep().expired
moved = Subscription.objects.filter(user__username__in=moves)
rows = moved.values_list("user__username", "status", "user__groups__name")
events = moved.values_list("user__username", "events__transition")
print(json.dumps({"expired": expired, "rows": sorted(map(list, rows)), "events": sorted(map(list, events))}))
"""

DELIVERS = """
import json
from datetime import timedelta
from notifications.models import Notification
from notifications.outbox.delivery import Delivery
Delivery(lambda: timedelta(minutes=5)).run()
print(json.dumps(sorted(Notification.objects.filter(event=None).values_list("address", "state"))))
"""


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[Release, Release]]:
    """Yield the release before and this one on a database that the former wrote and the latter migrated."""
    with empty_database(tmp_path) as url:
        before = Release(check_out(tmp_path / "before", WITHOUT_MAILS), url)
        before.manage("migrate", "--verbosity", "0")
        before.shell(WRITES)
        now = Release(PROJECT, url)
        now.manage("migrate", "--verbosity", "0")
        yield before, now


def test_release_before_goes_on_beside_mails_that_it_does_not_know(
    aws: LocalAWS, releases: tuple[Release, Release]
) -> None:
    before, now = releases
    now.shell(RECORDS)
    went_on = before.shell(GOES_ON)
    assert went_on["statuses"] == [200, 200, 200]
    assert (went_on["claimed"], went_on["accepted"]) == (4, 4)
    assert went_on["states"] == [
        ["of an event", "ses", "sent"],
        ["of an event", "ses", "sent"],
        ["of an event", "sns", "sent"],
        ["of an event", "sns", "sent"],
        ["other", "ses", "pending"],
        ["other", "ses", "pending"],
        ["other", "ses", "sending"],
        ["other", "ses", "unknown"],
    ]

    assert now.shell(DELIVERS)[0] == ["grace@example.com", "sent"]
    assert sorted(recipient for mail in aws.mails() for recipient in mail.recipients) == [
        "ada@example.com",
        "grace@example.com",
        "grace@example.com",
    ]


@pytest.mark.once
def test_release_before_makes_every_move_and_sweeps(releases: tuple[Release, Release]) -> None:
    before, now = releases
    moved = before.shell(MOVES_ON)
    assert moved["expired"] == 1
    assert moved["rows"] == [
        ["cancelled", "cancelled", "Subscribers"],
        ["due", "expired", None],
        ["ended", "expired", None],
        ["renewed", "active", "Subscribers"],
        ["resumed", "active", "Subscribers"],
    ]
    assert moved["events"] == [
        ["cancelled", "cancelled"],
        ["cancelled", "created"],
        ["due", "created"],
        ["due", "expired"],
        ["ended", "created"],
        ["ended", "expired"],
        ["renewed", "created"],
        ["renewed", "renewed"],
        ["resumed", "cancelled"],
        ["resumed", "created"],
        ["resumed", "reactivated"],
    ]
    assert "No overlaps." in now.manage("audit_overlaps")
