"""Retention of reports, applied by the service's nightly job."""

from datetime import timedelta

from examples.product.models import Report
from foundation.jobs.retention import RetentionRule

REPORTS_KEPT = timedelta(days=365)

RULES = (RetentionRule("reports", lambda now: Report.objects.older_than(now - REPORTS_KEPT)),)
