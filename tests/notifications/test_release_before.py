"""The previous release works on the migrated tables, and this release handles its rows."""

from datetime import timedelta

import pytest

from foundation.throttling import counters
from foundation.throttling.models import RequestCount
from notifications.models import Notification, State
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.migrating import Targets, migrate_forward, migrated_back

pytestmark = pytest.mark.slow

BEFORE: Targets = [("subscriptions", "0011_access_audit_run"), ("notifications", "0010_announce_joined_subscriptions")]


@pytest.mark.django_db(transaction=True)
def test_release_before_goes_on_after_a_migration_and_loses_no_row() -> None:
    with migrated_back(BEFORE) as before:
        counts = before.get_model("subscriptions", "RequestCount").objects
        wake_ups = before.get_model("notifications", "WakeUp").objects
        notifications = before.get_model("notifications", "Notification").objects
        counts.create(bucket="a", window_start=NOW.replace(second=0, microsecond=0), requests=3)
        wake_ups.get_or_create(id=1)

        migrate_forward()
        assert counters.count(["a"], NOW) == {"a": 4}

        assert wake_ups.filter(sent_at=None).update(sent_at=NOW) == 1
        assert counts.filter(bucket="a").update(requests=9) == 1
        Service.create_subscription(make_user(), make_plan(), now=NOW)
        assert notifications.filter(channel="sns", state="pending").update(state="sent", finished_at=NOW) == 1
        assert RequestCount.objects.get().requests == 9
        assert Notification.objects.get(state=State.SENT).channel == "sns"
        assert counters.count(["a"], NOW + timedelta(minutes=5)) == {"a": 1}
