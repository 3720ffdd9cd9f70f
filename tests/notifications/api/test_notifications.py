"""Own mails in the API."""

from datetime import datetime

import pytest

from notifications.models import Notification, State, database_time
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Caller:
    """Return a subscriber's client."""
    return Caller(make_user())


def test_own_mails_the_newest_first_without_the_providers_words(owner: Caller) -> None:
    subscription = Service.create_subscription(owner.user, make_plan())
    Service.create_subscription(make_user(), subscription.plan)
    Notification.objects.filter(event__subscription=subscription).update(
        state=State.SENT, finished_at=database_time(), message_id="0100-secret", error="throttled"
    )
    Service.cancel_subscription(subscription)
    response = owner.get("notifications")
    assert response["Cache-Control"] == "private, no-store"
    newest, oldest = response.json()["results"]
    assert (newest["kind"], newest["state"], newest["finished_at"]) == ("cancelled", "pending", None)
    assert (oldest["kind"], oldest["state"], oldest["subscription"]) == ("created", "sent", subscription.pk)
    assert datetime.fromisoformat(oldest["finished_at"]) >= datetime.fromisoformat(oldest["created_at"])
    assert set(oldest) == {"id", "kind", "subscription", "state", "created_at", "finished_at"}


def test_events_for_other_systems_are_not_listed(owner: Caller) -> None:
    Service.create_subscription(owner.user, make_plan())
    assert Notification.objects.count() == 2
    assert len(owner.get("notifications").json()["results"]) == 1


def test_mails_come_page_by_page(owner: Caller) -> None:
    made = [Service.create_subscription(owner.user, make_plan()).pk for _ in range(5)]
    seen, address = [], "notifications?page_size=2"
    while address:
        page = owner.get(address).json()
        seen += [mail["subscription"] for mail in page["results"]]
        address = page["next"]
    assert seen == made[::-1]
