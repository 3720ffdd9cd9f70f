"""Metrics of the example, written as one line of the log per run."""

from foundation.jobs.metrics import Metric


class ReportMetric(Metric):
    """Names in CloudWatch."""

    MAILED = "ReportsMailed"
    """Reports whose mail SES accepted."""
    UNMAILED = "ReportsUnmailed"
    """Reports whose mail SES refused, or whose answer was lost."""
