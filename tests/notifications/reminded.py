"""Subscribers, and the reminders that they got."""

from datetime import datetime, timedelta

from notifications.models import Notification
from notifications.reminders import BATCH_SIZE, Reminders
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user


def subscribe(plan: Plan | None = None) -> Subscription:
    """Create a subscription for a month from NOW, or to the given plan."""
    return Service.create_subscription(make_user(), plan or make_plan(), now=NOW)


def remind(now: datetime, batch_size: int = BATCH_SIZE) -> int:
    """Run reminders once and return the number recorded."""
    summary = Reminders(now, lambda: timedelta.max, batch_size).run()
    assert summary["complete"]
    return summary["recorded"]


def recorded(subscription: Subscription) -> list[tuple[str, int]]:
    """Return transition and days before the end of each reminder, in order."""
    rows = Notification.objects.filter(event__subscription=subscription, days_before__isnull=False).order_by("pk")
    return [(row.cause.transition, row.days_before) for row in rows if row.days_before and row.channel == "ses"]
