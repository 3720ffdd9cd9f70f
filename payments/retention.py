"""Retention of this app's rows."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from foundation.jobs.retention import RetentionRule
from payments.models import WebhookMessage


def _webhook_messages(now: datetime) -> QuerySet[WebhookMessage]:
    """Return old messages; a pending one holds facts that are in no other row."""
    old = WebhookMessage.objects.filter(received_at__lt=now - settings.WEBHOOK_MESSAGES_KEPT)
    return old.exclude(outcome=WebhookMessage.Outcome.PENDING).order_by("received_at")


RULES = (RetentionRule("webhook_messages", _webhook_messages),)
