"""Retention of the counters."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from foundation.jobs.retention import RetentionRule
from foundation.throttling.models import RequestCount

COUNTS_KEPT = timedelta(hours=1)
"""Counters are of a minute."""


def _request_counts(now: datetime) -> QuerySet[RequestCount]:
    return RequestCount.objects.filter(window_start__lt=now - COUNTS_KEPT).order_by("window_start")


RULES = (RetentionRule("request_counts", _request_counts),)
