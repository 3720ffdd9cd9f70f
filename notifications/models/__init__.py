"""The outbox, and what else is kept about telling people."""

from notifications.models.channel_status import ChannelStatus, ChannelStatusQuerySet, ensure_statuses
from notifications.models.notification import (
    REMINDER,
    Channel,
    Notification,
    NotificationQuerySet,
    State,
    database_time,
)

__all__ = [
    "REMINDER",
    "Channel",
    "ChannelStatus",
    "ChannelStatusQuerySet",
    "Notification",
    "NotificationQuerySet",
    "State",
    "database_time",
    "ensure_statuses",
]
