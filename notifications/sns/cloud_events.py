"""Rendering of subscription events as CloudEvents 1.0 JSON; docs/events.md describes it for its readers.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import F, Max

from foundation.money import with_decimals
from foundation.orm.key import in_json
from subscriptions.models import SubscriptionEvent


def event_type(event: SubscriptionEvent) -> str:
    """Return the CloudEvents type; its version changes with the meaning of `data`."""
    return f"{settings.EVENT_TYPE_PREFIX}.{event.transition}.v1"


def previous_events(event_ids: Iterable[int]) -> dict[int, int]:
    """Return the previous event of the same subscription, by the key of each of these events, with one query.

    The first event of a subscription is left out. Events are append-only and written under their subscription's lock,
    so the answer is the same at every time.
    """
    own = SubscriptionEvent._base_manager.filter(pk__in=list(event_ids))
    with_earlier = own.filter(subscription__events__pk__lt=F("pk")).order_by()
    return dict(with_earlier.values_list("pk").annotate(Max("subscription__events")))


def cloud_event(event: SubscriptionEvent, previous: int | None) -> dict[str, Any]:
    """Return the event as JSON-able values: ids and numbers, nothing personal. `id` is the same in every replay.

    `previous` is the key of the event before it, if there is one; `previousid` is our extension of CloudEvents.
    """
    subscription = event.subscription
    return {
        "specversion": "1.0",
        "id": str(event.pk),
        "source": settings.SITE_URL,
        "type": event_type(event),
        "subject": f"subscriptions/{subscription.pk}",
        "time": event.occurred_at.isoformat(),
        **({"previousid": str(previous)} if previous else {}),
        "datacontenttype": "application/json",
        "data": {
            "subscription_id": subscription.pk,
            "user_id": in_json(subscription.user_id),
            "plan": {"id": event.plan_id, "name": event.plan.name},
            **_old_plan(event),
            "price": str(with_decimals(event.price, 2)),
            "currency": event.currency,
            "old_end_date": event.old_end_date and event.old_end_date.isoformat(),
            "new_end_date": event.new_end_date.isoformat(),
            "external_id": subscription.external_id,
            "metadata": subscription.metadata,
        },
    }


def _old_plan(event: SubscriptionEvent) -> dict[str, Any]:
    return {"old_plan": {"id": event.old_plan_id, "name": event.old_plan.name}} if event.old_plan else {}


def render_event(event: SubscriptionEvent, previous: int | None) -> str:
    """Return the event as JSON."""
    return json.dumps(cloud_event(event, previous))
