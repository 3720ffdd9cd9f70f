"""Metrics of deliveries and of SES feedback. Counts are per run; alarms are in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class NotificationMetric(Metric):
    """Names in CloudWatch."""

    PENDING = "NotificationsPending"
    """Notifications that wait after a delivery."""
    OLDEST_PENDING = "OldestPending", "Seconds", True
    """The time for which the notification that has waited longest could have been sent."""
    UNSENT = "NotificationsUnsent"
    """Attempts that certainly sent nothing, and will be repeated."""
    ABANDONED = "NotificationsAbandoned"
    """Notifications claimed by a deliverer that died or was frozen."""
    GIVEN_UP = "NotificationsGivenUp"
    """Notifications that nobody confirmed, and that are not sent again."""
    SENT = "NotificationsSent"
    """Notifications that AWS accepted."""
    UNKNOWN = "NotificationsUnknown"
    """Notifications whose answer was lost."""
    FAILED = "NotificationsFailed"
    """Notifications refused for good."""
    SUPPRESSED = "NotificationsSuppressed"
    """Mails not sent because the address bounced or its owner complained."""
    OBSOLETE = "NotificationsObsolete"
    """Mails not sent because they were no longer true."""
    BOUNCED = "NotificationsBounced"
    """Mails that SES reports as bounced."""
    COMPLAINED = "NotificationsComplained"
    """Mails that SES reports as complained of."""
    DELIVERIES_NOT_STARTED = "DeliveriesNotStarted"
    """Account mails for which no delivery could be started at once; the schedule delivers them."""
    CHANNELS_PAUSED = "ChannelsPaused"
    """Channels that a delivery found or made paused."""
