"""Retention of this app's rows."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from foundation.jobs.retention import RetentionRule
from notifications.models import Feedback, Notification


def _feedback(now: datetime) -> QuerySet[Feedback]:
    return Feedback.objects.filter(received_at__lt=now - settings.FEEDBACK_KEPT).order_by("received_at")


def _notifications(now: datetime) -> QuerySet[Notification]:
    old = Notification.objects.filter(finished_at__lt=now - settings.NOTIFICATIONS_KEPT)
    # A reminder's row prevents a second reminder within its period.
    deletable = old.filter(Q(days_before__isnull=True) | Q(event__subscription__expired_at__isnull=False))
    return deletable.order_by("finished_at")


def _direct_mails(now: datetime) -> QuerySet[Notification]:
    """Return mails without an event as old as feedback: they hold an address, and the body of what was sent."""
    finished = Notification.objects.filter(event__isnull=True, payment_event__isnull=True, finished_at__isnull=False)
    return finished.filter(finished_at__lt=now - settings.FEEDBACK_KEPT).order_by("finished_at")


RULES = (
    RetentionRule("direct_mails", _direct_mails, by_true_time=True),
    RetentionRule("feedback", _feedback, by_true_time=True),
    RetentionRule("notifications", _notifications, by_true_time=True),
)
