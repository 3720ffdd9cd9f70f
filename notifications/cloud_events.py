"""From a notification to the CloudEvents 1.0 JSON that other systems receive.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import json

from django.conf import settings

from notifications.models import Notification


def event_type(notification: Notification) -> str:
    """The CloudEvents type; its version changes with the meaning of `data`."""
    return f"subscription.{notification.event.transition}.v1"


def render_event(notification: Notification) -> str:
    """The event as JSON: ids and figures, nothing that tells who somebody is. `id` stays the same in every replay."""
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
            "datacontenttype": "application/json",
            "data": {
                "subscription_id": subscription.pk,
                "user_id": subscription.user_id,
                "plan": {"id": subscription.plan_id, "name": subscription.plan.name},
                "price": str(event.price),
                "currency": event.currency,
                "old_end_date": event.old_end_date and event.old_end_date.isoformat(),
                "new_end_date": event.new_end_date.isoformat(),
            },
        }
    )
