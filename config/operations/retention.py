"""Retention of the rows that Django and django-rest-knox write."""

from django.contrib.sessions.models import Session
from knox.models import AuthToken

from foundation.jobs.retention import RetentionRule

RULES = (
    RetentionRule(
        "sessions",
        lambda now: Session.objects.filter(expire_date__lt=now).order_by("expire_date"),
        by_true_time=True,
    ),
    RetentionRule("tokens", lambda now: AuthToken.objects.filter(expiry__lt=now), by_true_time=True),
)
