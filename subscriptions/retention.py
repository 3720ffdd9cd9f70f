"""Retention of this app's rows. The history of a subscription (`SubscriptionEvent`) is kept for good."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from foundation.jobs.retention import RetentionRule
from subscriptions.api.idempotency import LIFETIME
from subscriptions.models import AccessAuditRun, IdempotentRequest, RequestCount, SweepRun

COUNTS_KEPT = timedelta(hours=1)
"""The throttles count by the minute."""


def _idempotent_requests(now: datetime) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(created_at__lt=now - LIFETIME).order_by("created_at")


def _request_counts(now: datetime) -> QuerySet[RequestCount]:
    return RequestCount.objects.filter(window_start__lt=now - COUNTS_KEPT).order_by("window_start")


def _sweeps(now: datetime) -> QuerySet[SweepRun]:
    return SweepRun.objects.filter(started_at__lt=now - settings.SWEEPS_KEPT).order_by("started_at")


def _access_audits(now: datetime) -> QuerySet[AccessAuditRun]:
    return AccessAuditRun.objects.filter(started_at__lt=now - settings.SWEEPS_KEPT).order_by("started_at")


RULES = (
    RetentionRule("idempotent_requests", _idempotent_requests),
    RetentionRule("request_counts", _request_counts),
    RetentionRule("sweeps", _sweeps),
    RetentionRule("access_audits", _access_audits),
)
