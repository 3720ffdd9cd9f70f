"""Retention of this app's rows."""

from datetime import timedelta

from accounts.models import MailLimit
from foundation.jobs.retention import RetentionRule

LIMITS_KEPT = timedelta(days=1)
"""The longest period over which mails are counted."""

RULES = (
    RetentionRule(
        "mail_limits",
        lambda now: MailLimit.objects.filter(last__lt=now - LIMITS_KEPT).order_by("last"),
        by_true_time=True,
    ),
)
