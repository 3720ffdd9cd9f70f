"""The outbox, and what else is kept about telling people."""

from notifications.models.channel_status import ChannelStatus, ChannelStatusQuerySet, PauseReason, ensure_statuses
from notifications.models.feedback import BAD_NEWS, EventType, Feedback
from notifications.models.notification import (
    REMINDER,
    Channel,
    Notification,
    NotificationQuerySet,
    State,
    database_time,
)
from notifications.models.preferences import NotificationPreferences
from notifications.models.suppression import Reason, Suppression, SuppressionQuerySet

__all__ = [
    "BAD_NEWS",
    "REMINDER",
    "Channel",
    "ChannelStatus",
    "ChannelStatusQuerySet",
    "EventType",
    "Feedback",
    "Notification",
    "NotificationPreferences",
    "NotificationQuerySet",
    "PauseReason",
    "Reason",
    "State",
    "Suppression",
    "SuppressionQuerySet",
    "database_time",
    "ensure_statuses",
]
