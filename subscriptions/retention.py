"""Retention of this app's rows. The history of a subscription (`SubscriptionEvent`) is kept for good."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from foundation.jobs.retention import RetentionRule
from subscriptions.api.idempotency import LIFETIME
from subscriptions.models import AccessAuditRun, IdempotentRequest, SweepRun


def _idempotent_requests(now: datetime) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(created_at__lt=now - LIFETIME).order_by("created_at")


def _sweeps(now: datetime) -> QuerySet[SweepRun]:
    return SweepRun.objects.filter(started_at__lt=now - settings.SWEEPS_KEPT).order_by("started_at")


def _access_audits(now: datetime) -> QuerySet[AccessAuditRun]:
    return AccessAuditRun.objects.filter(started_at__lt=now - settings.SWEEPS_KEPT).order_by("started_at")


RULES = (
    RetentionRule("idempotent_requests", _idempotent_requests),
    RetentionRule("sweeps", _sweeps),
    RetentionRule("access_audits", _access_audits),
)
