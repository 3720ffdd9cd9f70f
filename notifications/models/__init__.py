"""The outbox, and what else is kept about telling people."""

from notifications.models.notification import (
    REMINDER,
    Channel,
    Notification,
    NotificationQuerySet,
    State,
    database_time,
)

__all__ = ["REMINDER", "Channel", "Notification", "NotificationQuerySet", "State", "database_time"]
