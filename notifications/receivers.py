"""What a transition leaves in the outbox."""

from typing import Any

from django.db.models import Value

from foundation.insert_select import insert_select
from notifications.models import Channel, Notification

SubscriptionEvent = Notification._meta.get_field("event").related_model


def record_notifications(*, event_ids: list[int], **kwargs: Any) -> None:
    """Insert a notification for each event and channel, in the transition's transaction, by one statement."""
    events = SubscriptionEvent._base_manager.filter(pk__in=event_ids).order_by()
    first, *others = (events.values_list("pk", Value(channel.value)) for channel in Channel)
    insert_select(Notification, ["event", "channel"], first.union(*others, all=True))
