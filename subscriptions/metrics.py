"""Metrics of sweeps and access audits. Counts are per run; alarms are in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class SubscriptionMetric(Metric):
    """Names in CloudWatch."""

    EXPIRED = "SubscriptionsExpired", "Count", True
    """Subscriptions that a sweep expired. The number of samples is the number of sweeps."""
    FAILED = "SubscriptionsFailed"
    """Subscriptions that a sweep could not expire, and mismatches of access: both are for the alarm `sweep-failing`.

    CloudWatch charges an alarm for each metric that it watches.
    """
    UNANNOUNCED = "SubscriptionsUnannounced"
    """Expired, and sent to no public signal, because the receivers had used up the time."""
    REMAINING = "SubscriptionsRemaining"
    """Subscriptions still due when a sweep ended."""
    EXPIRY_LATENESS = "ExpiryLateness", "Seconds"
    """The longest time between the end of a subscription and the sweep that expired it."""
    ACCESS_MISMATCHES = "AccessMismatches"
    """Memberships and managed groups that an audit or a sweep found wrong or missing, and corrected."""
