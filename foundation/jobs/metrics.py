"""The service's metrics: named here and nowhere else, and written into the log for CloudWatch to take out again.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import logging
import time
from collections.abc import Mapping
from enum import StrEnum

from django.conf import settings

logger = logging.getLogger(__name__)

NAMESPACE = "Subscriptions"


class Metric(StrEnum):
    """A name in CloudWatch. Counts are of one run; alarms and dashboard are in infra/cloudformation/messaging.yaml."""

    SUBSCRIPTIONS_EXPIRED = "SubscriptionsExpired"
    SUBSCRIPTIONS_FAILED = "SubscriptionsFailed"
    SUBSCRIPTIONS_UNANNOUNCED = "SubscriptionsUnannounced"
    """Ended, and told of by no public signal, because the receivers had used up the time."""
    SUBSCRIPTIONS_REMAINING = "SubscriptionsRemaining"
    EXPIRY_LATENESS = "ExpiryLateness"
    """How long past its end the latest of those that a sweep expired was."""
    ACCESS_MISMATCHES = "AccessMismatches"
    """Memberships and managed groups that an audit or a sweep found wrong or missing, and put right."""

    NOTIFICATIONS_PENDING = "NotificationsPending"
    OLDEST_PENDING = "OldestPending"
    """How long ago the notification that has waited longest could have been sent."""
    NOTIFICATIONS_UNSENT = "NotificationsUnsent"
    """Tries that certainly sent nothing, and will be repeated."""
    NOTIFICATIONS_ABANDONED = "NotificationsAbandoned"
    """Whose deliverer died, or was frozen."""
    NOTIFICATIONS_GIVEN_UP = "NotificationsGivenUp"
    """That nobody confirmed, and that are not sent again."""
    NOTIFICATIONS_SENT = "NotificationsSent"
    NOTIFICATIONS_UNKNOWN = "NotificationsUnknown"
    NOTIFICATIONS_FAILED = "NotificationsFailed"
    NOTIFICATIONS_SUPPRESSED = "NotificationsSuppressed"
    NOTIFICATIONS_OBSOLETE = "NotificationsObsolete"
    NOTIFICATIONS_BOUNCED = "NotificationsBounced"
    NOTIFICATIONS_COMPLAINED = "NotificationsComplained"
    CHANNELS_PAUSED = "ChannelsPaused"

    INVOCATIONS_REFUSED = "InvocationsRefused"


SECONDS = {Metric.EXPIRY_LATENESS, Metric.OLDEST_PENDING}
"""The others are counts."""

HEARTBEATS = {Metric.SUBSCRIPTIONS_EXPIRED, Metric.OLDEST_PENDING}
"""Written even when they are 0, since an alarm hears their silence. CloudWatch charges a metric for the hours in which
it is written (https://aws.amazon.com/cloudwatch/pricing/): the others cost nothing while nothing happens."""


def emit(values: Mapping[Metric, float]) -> None:
    """Write the metrics as one line of the log; those that are 0 are left out, but for HEARTBEATS."""
    told = {metric: value for metric, value in values.items() if value or metric in HEARTBEATS}
    if told:
        logger.info(_document(told))


def _document(values: Mapping[Metric, float]) -> dict[str, object]:
    """The embedded metric format. The clock is the machine's, for CloudWatch refuses what is far from its own."""
    dimensions: dict[str, str] = settings.METRIC_DIMENSIONS
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": metric.value, "Unit": "Seconds" if metric in SECONDS else "Count"} for metric in values],
    }
    return {
        "message": "metrics",
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **{metric.value: value for metric, value in values.items()},
    }
