"""Outbox metrics of a delivery."""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications import measurement
from notifications.jobs import handle_ses_feedback
from notifications.metrics import NotificationMetric
from notifications.models import Channel, Notification, State, database_time
from notifications.outbox.delivery import Delivery
from notifications.ses.channel import SesChannel
from subscriptions.announcements import unlimited
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.lambda_context import Context
from tests.support.ses_feedback import bounce, envelope, queue_event, ses_event

Emitted = dict[str, Any]


def change(notification: Notification, **fields: object) -> None:
    Notification.objects.filter(pk=notification.pk).update(**fields)


def emitted(caplog: pytest.LogCaptureFixture) -> Emitted:
    """Return the metrics of the last log line, by name."""
    documents: list[Any] = [record.msg for record in caplog.records if record.name == "foundation.jobs.metrics"]
    return {name: value for name, value in documents[-1].items() if name in set(NotificationMetric)}


@pytest.mark.django_db(transaction=True)
def test_delivery_counts_what_came_to_each_state_and_what_is_left(
    aws: LocalAWS, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SES_FROM_ADDRESS = "not-verified@example.net"
    settings.SNS_TOPIC_ARN = f"{settings.SNS_TOPIC_ARN}-nowhere"
    plan = make_plan()
    for address in ("one@example.com", "two@example.com", ""):
        Service.create_subscription(make_user(email=address), plan, now=NOW)
    overtaken = Service.create_subscription(make_user(), plan, now=NOW)
    Service.cancel_subscription(overtaken, now=NOW)
    Service.reactivate_subscription(overtaken, now=NOW)

    with caplog.at_level(logging.INFO):
        Delivery(unlimited).run()

    states = Counter(Notification.objects.values_list("state", flat=True))
    assert states == {"failed": 4, "obsolete": 1, "suppressed": 1, "pending": 6}
    told = emitted(caplog)
    assert told.pop(NotificationMetric.OLDEST_PENDING) >= 0
    assert told == {
        NotificationMetric.FAILED: 4,
        NotificationMetric.OBSOLETE: 1,
        NotificationMetric.SUPPRESSED: 1,
        NotificationMetric.PENDING: 6,
        NotificationMetric.CHANNELS_PAUSED: 1,
    }


@pytest.mark.django_db(transaction=True)
def test_sent_notifications_count_on_both_channels(aws: LocalAWS, caplog: pytest.LogCaptureFixture) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    with caplog.at_level(logging.INFO):
        Delivery(unlimited).run()
    assert emitted(caplog) == {NotificationMetric.SENT: 2, NotificationMetric.OLDEST_PENDING: 0}


@pytest.mark.django_db
def test_age_of_the_oldest_notification_is_emitted(caplog: pytest.LogCaptureFixture) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    with caplog.at_level(logging.INFO):
        counts = {NotificationMetric.CHANNELS_PAUSED: 1, NotificationMetric.OLDEST_PENDING: 1234}
        measurement.emit_delivery({State.UNKNOWN: 2}, counts)
    assert emitted(caplog) == {
        NotificationMetric.UNKNOWN: 2,
        NotificationMetric.PENDING: 2,
        NotificationMetric.CHANNELS_PAUSED: 1,
        NotificationMetric.OLDEST_PENDING: 1234,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("aws_that_cannot_be_reached")
def test_unsent_abandoned_and_given_up_notifications_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        Service.create_subscription(make_user(), make_plan(), now=NOW)
    unconfirmed, abandoned, _ = Notification.objects.filter(channel=Channel.SES).order_by("pk")
    long_ago = database_time(timedelta(hours=-2))
    change(unconfirmed, state=State.UNKNOWN, due_at=long_ago, resends=SesChannel.maximum_resends)
    change(abandoned, state=State.SENDING, lease_token=uuid4(), lease_until=long_ago)
    Notification.objects.update(created_at=long_ago)

    with caplog.at_level(logging.INFO):
        Delivery(unlimited).run()

    told = emitted(caplog)
    assert told.pop(NotificationMetric.OLDEST_PENDING) >= timedelta(hours=2).total_seconds()
    assert told == {
        NotificationMetric.UNSENT: 5,
        NotificationMetric.ABANDONED: 1,
        NotificationMetric.GIVEN_UP: 1,
        NotificationMetric.PENDING: 5,
    }


@pytest.mark.django_db(transaction=True)
def test_feedback_counts_bounces_and_complaints_once_each(caplog: pytest.LogCaptureFixture) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    mail = Notification.objects.get(channel=Channel.SES)
    said = [ses_event("delivery", mail.pk), bounce("Permanent", "General", mail.pk), ses_event("complaint", mail.pk)]
    batch = queue_event(*map(envelope, said))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            handle_ses_feedback(batch, Context())
    lines = [record for record in caplog.records if record.name == "foundation.jobs.metrics"]
    assert emitted(caplog) == {NotificationMetric.BOUNCED: 1, NotificationMetric.COMPLAINED: 1}
    assert len(lines) == 1
