"""Models of the outbox, its channels, feedback, suppressions and preferences."""

from foundation.orm.database_time import database_time
from notifications.models.channel_status import ChannelStatus, ChannelStatusQuerySet, PauseReason, ensure_statuses
from notifications.models.feedback import BAD_NEWS, EventType, Feedback
from notifications.models.notification import (
    LONGEST_ABOUT,
    LONGEST_KIND,
    LONGEST_USER_KEY,
    MESSAGE,
    PAYMENT,
    PER_RECIPIENT,
    PER_SUBSCRIPTION,
    REMINDER,
    Channel,
    Notification,
    NotificationQuerySet,
    Ordering,
    State,
)
from notifications.models.preferences import NotificationPreferences
from notifications.models.suppression import Reason, Suppression, SuppressionQuerySet

__all__ = [
    "BAD_NEWS",
    "LONGEST_ABOUT",
    "LONGEST_KIND",
    "LONGEST_USER_KEY",
    "MESSAGE",
    "PAYMENT",
    "PER_RECIPIENT",
    "PER_SUBSCRIPTION",
    "REMINDER",
    "Channel",
    "ChannelStatus",
    "ChannelStatusQuerySet",
    "EventType",
    "Feedback",
    "Notification",
    "NotificationPreferences",
    "NotificationQuerySet",
    "Ordering",
    "PauseReason",
    "Reason",
    "State",
    "Suppression",
    "SuppressionQuerySet",
    "database_time",
    "ensure_statuses",
]
