"""Retention of this app's rows."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from foundation.jobs.retention import RetentionRule
from payments.models import CancellationRequest, WebhookMessage

REQUESTS_KEPT = timedelta(days=90)


def _webhook_messages(now: datetime) -> QuerySet[WebhookMessage]:
    """Return old messages; a pending one holds facts that are in no other row."""
    old = WebhookMessage.objects.filter(received_at__lt=now - settings.WEBHOOK_MESSAGES_KEPT)
    return old.exclude(outcome=WebhookMessage.Outcome.PENDING).order_by("received_at")


def _cancellation_requests(now: datetime) -> QuerySet[CancellationRequest]:
    """Return old declarations. Of those that were confirmed the history of the subscription tells."""
    return CancellationRequest.objects.filter(requested_at__lt=now - REQUESTS_KEPT).order_by("requested_at")


RULES = (
    RetentionRule("webhook_messages", _webhook_messages),
    RetentionRule("cancellation_requests", _cancellation_requests),
)
