"""Rendering of payment events as CloudEvents 1.0 JSON; docs/events.md describes it for its readers."""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import F, Max

from foundation.money import with_decimals
from foundation.orm.key import in_json
from payments.models import PaymentEvent


def event_type(event: PaymentEvent) -> str:
    """Return the CloudEvents type: beside that of subscriptions, with `payment` as its last word."""
    before, dot, _subject = settings.EVENT_TYPE_PREFIX.rpartition(".")
    return f"{before}{dot}payment.{event.kind}.v1"


def previous_events(event_ids: Iterable[int]) -> dict[int, int]:
    """Return the previous event of the same order, by the key of each of these events, with one query."""
    own = PaymentEvent._base_manager.filter(pk__in=list(event_ids))
    with_earlier = own.filter(order__events__pk__lt=F("pk")).order_by()
    return dict(with_earlier.values_list("pk").annotate(Max("order__events")))


def event_id(key: int) -> str:
    """Return the id within `source`, which subscriptions' events, with bare numbers, share."""
    return f"payment-{key}"


def cloud_event(event: PaymentEvent, previous: int | None) -> dict[str, Any]:
    """Return the event as JSON-able values: ids and numbers, nothing personal. `id` is the same in every replay."""
    order = event.order
    money = event.payment or order  # a surplus may have another currency than its order
    return {
        "specversion": "1.0",
        "id": event_id(event.pk),
        "source": settings.SITE_URL,
        "type": event_type(event),
        "subject": f"orders/{order.pk}",
        "time": event.occurred_at.isoformat(),
        **({"previousid": event_id(previous)} if previous else {}),
        "datacontenttype": "application/json",
        "data": {
            "order_id": order.pk,
            "subscription_id": order.subscription_id,
            "user_id": in_json(order.user_id),
            "plan": {"id": order.plan_id, "name": order.plan.name},
            "payment_id": event.payment_id,
            "transaction_id": event.payment.transaction_id if event.payment else None,
            "amount": str(with_decimals(money.amount, 2)),
            "currency": money.currency,
            "code": event.code,
            "next_attempt_at": event.next_attempt_at and event.next_attempt_at.isoformat(),
        },
    }


def render_event(event: PaymentEvent, previous: int | None) -> str:
    """Return the event as JSON."""
    return json.dumps(cloud_event(event, previous))
