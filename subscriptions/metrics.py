"""Metrics of sweeps and access audits. Counts are per run; alarms are in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class SubscriptionMetric(Metric):
    """Names in CloudWatch."""

    EXPIRED = "SubscriptionsExpired", "Count", True
    FAILED = "SubscriptionsFailed"
    UNANNOUNCED = "SubscriptionsUnannounced"
    """Expired, and sent to no public signal, because the receivers had used up the time."""
    REMAINING = "SubscriptionsRemaining"
    EXPIRY_LATENESS = "ExpiryLateness", "Seconds"
    """The longest time between the end of a subscription and the sweep that expired it."""
    ACCESS_MISMATCHES = "AccessMismatches"
    """Memberships and managed groups that an audit or a sweep found wrong or missing, and corrected."""
