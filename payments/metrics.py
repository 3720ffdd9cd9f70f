"""Metrics of payments. The alarm is in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class PaymentMetric(Metric):
    """Names in CloudWatch."""

    NEEDS_ATTENTION = "PaymentsNeedAttention"
    """Surplus, outcomes unknown for long, messages that fail, open disputes and refused refunds, at each run."""
