"""Retention of this app's rows."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import DailyCount, MailLimit, SignIn
from foundation.jobs.retention import RetentionRule

LIMITS_KEPT = timedelta(days=1)
"""The longest period over which mails are counted."""


def ended_sign_ins(now: datetime) -> QuerySet[SignIn]:
    """Return the sign-ins whose session has been deleted."""
    old = SignIn.objects.filter(signed_in_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE))
    return old.exclude(Exists(Session.objects.filter(pk=OuterRef("pk")))).order_by("signed_in_at")


def old_counts(now: datetime) -> QuerySet[DailyCount]:
    """Return the counts of days before the oldest sweep that is kept: both are statistics."""
    return DailyCount.objects.filter(day__lt=(now - settings.SWEEPS_KEPT).date()).order_by("day")


RULES = (
    RetentionRule(
        "mail_limits",
        lambda now: MailLimit.objects.filter(last__lt=now - LIMITS_KEPT).order_by("last"),
        by_true_time=True,
    ),
    RetentionRule("sign_ins", ended_sign_ins, by_true_time=True),
    RetentionRule("daily_counts", old_counts),
)
