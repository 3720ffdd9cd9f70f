"""Metrics of deliveries and of SES feedback. Counts are per run; alarms are in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class NotificationMetric(Metric):
    """Names in CloudWatch."""

    PENDING = "NotificationsPending"
    OLDEST_PENDING = "OldestPending", "Seconds", True
    """The time for which the notification that has waited longest could have been sent."""
    UNSENT = "NotificationsUnsent"
    """Attempts that certainly sent nothing, and will be repeated."""
    ABANDONED = "NotificationsAbandoned"
    """Notifications claimed by a deliverer that died or was frozen."""
    GIVEN_UP = "NotificationsGivenUp"
    """Notifications that nobody confirmed, and that are not sent again."""
    SENT = "NotificationsSent"
    UNKNOWN = "NotificationsUnknown"
    FAILED = "NotificationsFailed"
    SUPPRESSED = "NotificationsSuppressed"
    OBSOLETE = "NotificationsObsolete"
    BOUNCED = "NotificationsBounced"
    COMPLAINED = "NotificationsComplained"
    CHANNELS_PAUSED = "ChannelsPaused"
