"""Receivers of the service's public signals. They run after the commit; a receiver that fails stops nothing else."""

from typing import Any

from django.contrib.auth.models import AbstractUser

from examples.product.models import Report
from foundation import clock
from subscriptions.models import Plan


def write_first_report(*, user: AbstractUser, plan: Plan, **kwargs: Any) -> None:
    """Write the subscriber's first report on a plan. Idempotent, so the signal may be repeated."""
    Report.objects.get_or_create(user=user, title=f"Welcome to {plan}", defaults={"created_at": clock.now()})
