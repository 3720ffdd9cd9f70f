"""Tables of this app by whether their rows may make work due."""

from foundation.due_work import opening

TABLES = opening(
    "notifications.ChannelStatus",
    "notifications.Notification",
    "notifications.Feedback",
    "notifications.NotificationPreferences",
    "notifications.Suppression",
)
