"""Metrics of payments. The alarm is in infra/cloudformation/messaging.yaml."""

from foundation.jobs.metrics import Metric


class PaymentMetric(Metric):
    """Names in CloudWatch."""

    NEEDS_ATTENTION = "PaymentsNeedAttention"
    """Surplus, outcomes unknown for long, untried renewals, failing messages, disputes and refunds, at each run."""
