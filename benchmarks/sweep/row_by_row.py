"""The same work as usual Django code: a loop of save(), and a signal whose receivers do the rest.

One transaction per row. Already better than usual: users and plans are loaded in the same query.
"""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.dispatch import Signal

from notifications.models import Channel, Notification
from subscriptions.access.managed_groups import GROUP
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.signals import subscription_expired

expired = Signal()


def expire(now: datetime, limit: int | None) -> int:
    """Expire one row after the other."""
    due = Subscription.objects.filter(expired_at=None, end_date__lte=now).order_by("end_date", "pk")
    rows = list(due.select_related("user", "plan")[:limit])
    for subscription in rows:
        with transaction.atomic():
            subscription.status = Subscription.Status.EXPIRED
            subscription.expired_at = now
            subscription.save()
            expired.send(Subscription, event=_record(subscription, now), now=now)
        subscription_expired.send_robust(Subscription, subscription=subscription)
    return len(rows)


def _record(subscription: Subscription, now: datetime) -> SubscriptionEvent:
    return SubscriptionEvent.objects.create(
        subscription=subscription,
        transition=Transition.EXPIRED,
        occurred_at=now,
        old_end_date=subscription.end_date,
        new_end_date=subscription.end_date,
        plan=subscription.plan,
        price=subscription.plan.price,
        currency=subscription.plan.currency,
    )


def _take_access(event: SubscriptionEvent, now: datetime, **kwargs: object) -> None:
    user = event.subscription.user
    if not user.subscriptions.filter(expired_at=None, end_date__gt=now).exists():
        user.groups.remove(Group.objects.get(name=GROUP))


def _notify(event: SubscriptionEvent, **kwargs: object) -> None:
    for channel in Channel:
        Notification.objects.create(event=event, channel=channel)


expired.connect(_take_access)
expired.connect(_notify)
"""Connected on import, as in other apps."""
