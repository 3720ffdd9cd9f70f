"""A channel is one module and one registration; a name that nobody registers is neither recorded nor delivered."""

from datetime import timedelta
from itertools import product

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications import channel_registry, statistics
from notifications.aws.results import ResultKind
from notifications.channels import lookup
from notifications.errors import UnknownChannel
from notifications.models import ChannelStatus, Notification, State, database_time, ensure_statuses
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from subscriptions.models import SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.staff import make_staff, sign_in
from tests.support.text_messages import SmsChannel

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = SmsChannel.name


@pytest.fixture
def texting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install and migrate the team's app."""
    monkeypatch.setattr(channel_registry, "_registrations", dict(channel_registry._registrations))
    monkeypatch.setattr(SmsChannel, "calls", [])
    monkeypatch.setattr(SmsChannel, "refreshed", 0)
    channel_registry.register(TEXT, "Text", "tests.support.text_messages.SmsChannel")
    ensure_statuses()


def deliver() -> dict[str, int]:
    return Delivery(lambda: timedelta(minutes=5), sleep=lambda seconds: None).run()


def states(channel: str) -> list[str]:
    return list(Notification.objects.filter(channel=channel).order_by("pk").values_list("state", flat=True))


def test_events_are_recorded_for_every_registered_channel_by_one_statement(texting: None) -> None:
    plan = make_plan()
    users = [make_user() for _ in range(2)]
    with CaptureQueriesContext(connection) as queries:
        for user in users:
            Service.create_subscription(user, plan, now=NOW)
    inserts = [query for query in queries if query["sql"].startswith('INSERT INTO "notifications_notification"')]
    assert len(inserts) == len(users)
    recorded = list(Notification.objects.values_list("event", "channel"))
    events = SubscriptionEvent.objects.values_list("pk", flat=True)
    assert sorted(recorded) == sorted(product(events, ("ses", "sns", TEXT)))


def test_third_channel_delivers_in_batches_of_its_own_size(aws: LocalAWS, fresh_clients: None, texting: None) -> None:
    plan = make_plan()
    for number in range(4):
        Service.create_subscription(make_user(username=f"u{number}"), plan, now=NOW)
    summary = deliver()
    assert summary["accepted"] == 12
    assert states(TEXT) == states("ses") == states("sns") == [State.SENT] * 4
    assert SmsChannel.calls == [["u0: created", "u1: created", "u2: created"], ["u3: created"]]
    assert SmsChannel.refreshed == 1
    assert all(row.message_id == f"text-{row.pk}" for row in Notification.objects.filter(channel=TEXT))


def test_unconfirmed_notification_follows_the_grace_and_the_resends_of_its_channel(
    aws: LocalAWS, fresh_clients: None, texting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmsChannel, "kind", ResultKind.UNKNOWN)
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    rows = Notification.objects.filter(channel=TEXT)
    counts = []
    for _ in range(4):
        summary = deliver()
        counts.append((summary["again"], summary["given_up"], len(SmsChannel.calls)))
        rows.filter(finished_at=None).update(due_at=database_time(-timedelta(seconds=1)))
    assert counts == [(0, 0, 1), (1, 0, 2), (0, 1, 2), (0, 0, 2)]
    assert (rows.get().state, rows.get().resends) == (State.UNKNOWN, 1)


def test_operators_see_the_third_channel(texting: None) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    Notification.objects.filter(channel=TEXT).update(state=State.SENT, finished_at=database_time())
    operator = sign_in(make_staff("subscriptions.view_sweeprun", "notifications.view_notification"))
    board = operator.get(reverse("admin:dashboard")).content.decode()
    assert "Text messages" in board
    assert 'id="deliveries-text_message"' in board
    listed = operator.get(reverse("admin:notifications_notification_changelist")).content.decode()
    assert "+49 151 0000000" in listed
    assert "text of created" in listed
    text = Notification.objects.get(channel=TEXT)
    page = operator.get(reverse("admin:notifications_notification_change", args=[text.pk])).content.decode()
    assert "Your subscription was created." in page
    assert "Text messages are not kept." in page


def test_name_that_is_not_registered_is_neither_recorded_nor_delivered(aws: LocalAWS, fresh_clients: None) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert set(Notification.objects.values_list("channel", flat=True)) == {"ses", "sns"}
    ChannelStatus.objects.create(channel="fax")
    left_over = Notification.objects.create(event=subscription.events.get(), channel="fax")
    assert deliver()["claimed"] == 2
    left_over.refresh_from_db()
    assert (left_over.state, left_over.attempts) == (State.PENDING, 0)
    assert statistics.oldest_pending() is None
    with pytest.raises(UnknownChannel, match="no channel 'fax' is registered; registered are ses, sns"):
        claims.claim("fax", 1)
    assert lookup.find("fax") is None
    operator = sign_in(make_staff("subscriptions.view_sweeprun", "notifications.view_notification"))
    address = reverse("admin:notifications_notification_change", args=[left_over.pk])
    assert "This channel is not registered." in operator.get(address).content.decode()
    call_command("notifications", "list")


def test_every_registered_channel_has_an_object_of_its_name() -> None:
    assert [channel.name for channel in lookup.every()] == channel_registry.names() == ["ses", "sns"]
