"""Retention periods per kind of row. Subscription events (`SubscriptionEvent`) are kept forever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from knox.models import AuthToken

from foundation import clock
from foundation.jobs.retention import delete_in_batches
from notifications.models import Feedback, Notification
from subscriptions.api.idempotency import LIFETIME
from subscriptions.models import AccessAuditRun, IdempotentRequest, RequestCount, SweepRun

COUNTS_KEPT = timedelta(hours=1)
"""Throttle windows last one minute."""


@dataclass(frozen=True)
class Retention:
    """Delete rows past their retention at `now`, by the service's clock.

    Rows that Django, knox or the database date are compared with the true time.
    """

    now: datetime

    def delete_old(self, time_left: Callable[[], timedelta]) -> dict[str, int]:
        """Delete until the time runs short. Return the number of deleted rows per kind."""
        return {name: delete_in_batches(rows, time_left) for name, rows in self._old().items()}

    def _old(self) -> dict[str, QuerySet[Any]]:
        requests = IdempotentRequest.objects.filter(created_at__lt=self.now - LIFETIME)
        counts = RequestCount.objects.filter(window_start__lt=self.now - COUNTS_KEPT)
        sweeps = SweepRun.objects.filter(started_at__lt=self.now - settings.SWEEPS_KEPT)
        audits = AccessAuditRun.objects.filter(started_at__lt=self.now - settings.SWEEPS_KEPT)
        feedback = Feedback.objects.filter(received_at__lt=self._true_now - settings.FEEDBACK_KEPT)
        return {
            "sessions": Session.objects.filter(expire_date__lt=self._true_now).order_by("expire_date"),
            "tokens": AuthToken.objects.filter(expiry__lt=self._true_now),
            "idempotent_requests": requests.order_by("created_at"),
            "request_counts": counts.order_by("window_start"),
            "sweeps": sweeps.order_by("started_at"),
            "access_audits": audits.order_by("started_at"),
            "feedback": feedback.order_by("received_at"),
            "notifications": self._notifications().order_by("finished_at"),
        }

    @property
    def _true_now(self) -> datetime:
        return self.now - clock.travelled()

    def _notifications(self) -> QuerySet[Notification]:
        old = Notification.objects.filter(finished_at__lt=self._true_now - settings.NOTIFICATIONS_KEPT)
        # The row prevents a second reminder within the same period.
        return old.filter(Q(days_before__isnull=True) | Q(event__subscription__expired_at__isnull=False))
