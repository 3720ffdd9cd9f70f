"""Messages of notifications for the topic, of subscriptions' events and of payments' alike."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.models import Notification
from notifications.sns import cloud_events, payment_events


@dataclass(frozen=True)
class TopicMessage:
    """A message, with what filter policies and a FIFO topic need."""

    type: str
    text: str
    plan_id: int
    group: str
    """Messages of one group keep their order on a FIFO topic."""
    deduplication_id: str


def topic_messages(notifications: Iterable[Notification]) -> dict[int, TopicMessage]:
    """Return the messages by the notifications' primary keys, with one query for each kind of event."""
    rows = list(notifications)
    transitions = [row.cause.pk for row in rows if row.payment_event_id is None]
    payments = [row.payment_cause.pk for row in rows if row.payment_event_id is not None]
    before = cloud_events.previous_events(transitions) if transitions else {}
    before_payments = payment_events.previous_events(payments) if payments else {}
    return {
        row.pk: _of_transition(row, before) if row.payment_event_id is None else _of_payment(row, before_payments)
        for row in rows
    }


def type_of(notification: Notification) -> str:
    """Return the CloudEvents type, with no query."""
    if notification.payment_event_id is not None:
        return payment_events.event_type(notification.payment_cause)
    return cloud_events.event_type(notification.cause)


def _of_transition(row: Notification, before: dict[int, int]) -> TopicMessage:
    event = row.cause
    text = cloud_events.render_event(event, before.get(event.pk))
    return TopicMessage(cloud_events.event_type(event), text, event.plan_id, str(event.subscription_id), str(event.pk))


def _of_payment(row: Notification, before: dict[int, int]) -> TopicMessage:
    event = row.payment_cause
    text = payment_events.render_event(event, before.get(event.pk))
    key = payment_events.event_id(event.pk)
    return TopicMessage(payment_events.event_type(event), text, event.order.plan_id, f"order-{event.order_id}", key)
