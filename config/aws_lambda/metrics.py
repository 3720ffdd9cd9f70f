"""Metrics of the Lambda function itself."""

from foundation.jobs.metrics import Metric


class FunctionMetric(Metric):
    """Names in CloudWatch."""

    INVOCATIONS_REFUSED = "InvocationsRefused"
    """Invocations that were neither HTTP, schedule nor a queue of the settings."""
