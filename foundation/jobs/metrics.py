"""Metrics of the service, written to the log in CloudWatch's embedded metric format.

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
    """Metric names in CloudWatch.

    Counts are per run; alarms and dashboard are in infra/cloudformation/messaging.yaml.
    """

    SUBSCRIPTIONS_EXPIRED = "SubscriptionsExpired"
    SUBSCRIPTIONS_FAILED = "SubscriptionsFailed"
    SUBSCRIPTIONS_UNANNOUNCED = "SubscriptionsUnannounced"
    """Expired without a public signal, because the receivers had used up the time."""
    SUBSCRIPTIONS_REMAINING = "SubscriptionsRemaining"
    EXPIRY_LATENESS = "ExpiryLateness"
    """Delay of the latest expiry in a sweep, from the end of the subscription."""
    ACCESS_MISMATCHES = "AccessMismatches"
    """Memberships and managed groups that an audit or a sweep corrected."""

    NOTIFICATIONS_PENDING = "NotificationsPending"
    OLDEST_PENDING = "OldestPending"
    """Age of the oldest pending notification since it became due."""
    NOTIFICATIONS_UNSENT = "NotificationsUnsent"
    """Attempts that certainly sent nothing and will be repeated."""
    NOTIFICATIONS_ABANDONED = "NotificationsAbandoned"
    """Notifications whose delivery process died or was suspended."""
    NOTIFICATIONS_GIVEN_UP = "NotificationsGivenUp"
    """Unconfirmed notifications that are not sent again."""
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
"""Metrics in seconds; the others are counts."""

HEARTBEATS = {Metric.SUBSCRIPTIONS_EXPIRED, Metric.OLDEST_PENDING}
"""Metrics written even when 0, because an alarm detects their absence.

CloudWatch charges a metric for the hours in which it is written (https://aws.amazon.com/cloudwatch/pricing/): the
others cost nothing while nothing happens.
"""


def emit(values: Mapping[Metric, float]) -> None:
    """Write the metrics as one log line. Omits zero values, except HEARTBEATS."""
    told = {metric: value for metric, value in values.items() if value or metric in HEARTBEATS}
    if told:
        logger.info(_document(told))


def _document(values: Mapping[Metric, float]) -> dict[str, object]:
    """Return the metrics in the embedded metric format.

    Uses the machine's clock, because CloudWatch refuses timestamps far from its own.
    """
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
