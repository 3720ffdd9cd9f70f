"""Scheduled jobs. Zappa requires exactly `(event, context)`."""

from typing import Any

from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job
from subscriptions.access.audit import AccessAudit
from subscriptions.access.managed_groups import restore_groups
from subscriptions.services import SubscriptionService


def check_expired_subscriptions(event: dict[str, Any], context: LambdaContext) -> dict[str, int | float]:
    """Create missing managed groups and expire the subscriptions that are due.

    Returns `{"expired", "failed", "unannounced", "remaining", "oldest_late_s" (seconds), "run"}`.

    Raises InvalidJobEvent, SweepAborted, JobFailed, or the database's error; Lambda then retries and alarms.
    """
    with scheduled_job(event, context) as invocation:
        restore_groups()
        return SubscriptionService.sweep(now=clock.now(), time_left=invocation.time_left).summary()


def audit_access(event: dict[str, Any], context: LambdaContext) -> dict[str, int | bool]:
    """Correct group memberships that do not match the subscriptions.

    Returns `{"given", "taken", "failed", "complete", "run"}`. Raises InvalidJobEvent, JobFailed, or the database's
    error.
    """
    with scheduled_job(event, context) as invocation:
        return AccessAudit(now=clock.now(), time_left=invocation.time_left).run().summary()
