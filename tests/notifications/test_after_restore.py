"""Runbook commands for a restored database, before the function may use it."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models import Max, Min

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import Notification
from notifications.outbox.delivery import Delivery
from subscriptions.announcements import unlimited
from subscriptions.models import SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.end_to_end.runbook import RUNBOOK
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

STATEMENT = "infra/deployment/after_restore.sql"
GIVEN_SINCE = 1_000_000
"""Ids that may have been used after the backup."""


@pytest.fixture(autouse=True)
def keep_sequences() -> Iterator[None]:
    """Restore the sequences for other tests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")
        before = cursor.fetchall()
    yield
    with connection.cursor() as cursor:
        cursor.executemany("SELECT setval(%s, coalesce(%s, 1))", before)


def take_over() -> None:
    """Run it like the Data API, as one statement."""
    with connection.cursor() as cursor:
        cursor.execute((RUNBOOK.parent.parent / STATEMENT).read_text(encoding="utf-8"))


def test_runbook_names_the_statement() -> None:
    assert f"--sql file://{STATEMENT}" in RUNBOOK.read_text(encoding="utf-8")


def test_mail_that_may_be_out_is_not_sent_again_and_the_event_is(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    take_over()
    Delivery(unlimited).run()
    assert len(aws.mails()) == 0
    assert len(aws.events()) == 1
    assert dict(Notification.objects.values_list("channel", "state")) == {"ses": "unknown", "sns": "sent"}


def test_mail_that_was_sent_stays_sent(aws: LocalAWS) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    Delivery(unlimited).run()
    take_over()
    assert dict(Notification.objects.values_list("channel", "state")) == {"ses": "sent", "sns": "sent"}


def test_no_id_that_may_have_been_given_since_is_given_again() -> None:
    before = Service.create_subscription(make_user(), make_plan(), now=NOW)
    take_over()
    after = Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert after.pk > before.pk + GIVEN_SINCE
    for model in (SubscriptionEvent, Notification):
        keys = model.objects.aggregate(first=Min("pk"), last=Max("pk"))
        assert keys["last"] > keys["first"] + GIVEN_SINCE
    assert make_user().pk > before.user_id + GIVEN_SINCE


def test_every_table_that_counts_is_moved_on() -> None:
    take_over()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE coalesce(last_value, 0) <= %s", [GIVEN_SINCE])
        assert cursor.fetchall() == []
