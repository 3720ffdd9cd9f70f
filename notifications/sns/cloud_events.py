"""Rendering of notifications as CloudEvents 1.0 JSON; docs/events.md describes it for its readers.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import json
from collections.abc import Iterable

from django.conf import settings
from django.db.models import F, Max

from foundation.money import with_decimals
from foundation.orm.key import Key
from notifications.models import Notification
from subscriptions.models import SubscriptionEvent


def event_type(notification: Notification) -> str:
    """Return the CloudEvents type; its version changes with the meaning of `data`."""
    return f"{settings.EVENT_TYPE_PREFIX}.{notification.event.transition}.v1"


def previous_events(notifications: Iterable[Notification]) -> dict[int, int]:
    """Return the previous event of the same subscription, by the key of each one's own event, with one query.

    The first event of a subscription is left out. Events are append-only and written under their subscription's lock,
    so the answer is the same at every time.
    """
    own = SubscriptionEvent._base_manager.filter(pk__in=[notification.event_id for notification in notifications])
    with_earlier = own.filter(subscription__events__pk__lt=F("pk")).order_by()
    return dict(with_earlier.values_list("pk").annotate(Max("subscription__events")))


def render_event(notification: Notification, previous: int | None) -> str:
    """Return the event as JSON: ids and numbers, nothing personal. `id` is the same in every replay.

    `previous` is the key of the event before it, if there is one; `previousid` is our extension of CloudEvents.
    """
    event = notification.event
    subscription = event.subscription
    return json.dumps(
        {
            "specversion": "1.0",
            "id": str(event.pk),
            "source": settings.SITE_URL,
            "type": event_type(notification),
            "subject": f"subscriptions/{subscription.pk}",
            "time": event.occurred_at.isoformat(),
            **({"previousid": str(previous)} if previous else {}),
            "datacontenttype": "application/json",
            "data": {
                "subscription_id": subscription.pk,
                "user_id": _in_json(subscription.user_id),
                "plan": {"id": subscription.plan_id, "name": subscription.plan.name},
                "price": str(with_decimals(event.price, 2)),
                "currency": event.currency,
                "old_end_date": event.old_end_date and event.old_end_date.isoformat(),
                "new_end_date": event.new_end_date.isoformat(),
            },
        }
    )


def _in_json(key: Key) -> int | str:
    return key if isinstance(key, int) else str(key)
