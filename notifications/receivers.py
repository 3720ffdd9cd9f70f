"""What a transition leaves in the outbox."""

from typing import Any

from foundation.insert_product import insert_product
from notifications import wake_up
from notifications.models import Channel, Notification


def record_notifications(*, event_ids: list[int], **kwargs: Any) -> None:
    """Insert a notification for each event and channel, in the transition's transaction, by one statement."""
    insert_product(Notification, {"event": event_ids, "channel": Channel.values})
    wake_up.after_commit()
