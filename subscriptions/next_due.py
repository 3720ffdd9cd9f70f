"""Next instants at which the sweep and the access audit have something to do."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from foundation.due_work import DueWork
from subscriptions.metrics import SubscriptionMetric
from subscriptions.models import Subscription, SweepRun
from subscriptions.statistics import last_finished_audit

AUDITED_EVERY = timedelta(hours=24)
"""Time between two audits while nothing changes. They follow the nightly jobs, which wake the database in any case."""


def next_end(now: datetime) -> datetime | None:
    """Return the earliest end of access that no sweep has handled."""
    return Subscription.objects.earliest_end()


def ended(now: datetime) -> Iterator[str]:
    """Yield that a subscription has ended."""
    yield _("A subscription has ended, and no sweep has expired it yet.")


def audit_due(now: datetime) -> Iterator[str]:
    """Yield that an audit is due."""
    yield _("The access audit is due, or its last run could not finish.")


def next_audit(now: datetime) -> datetime:
    """Return the instant of the next access audit: at once unless the last one found everything in order."""
    last = last_finished_audit()
    if last is None or last.finished_at is None or last.failed or not last.complete:
        return now
    return last.finished_at + AUDITED_EVERY


def note_quiet(until: datetime) -> None:
    """Record on the last sweep that none follows before then, for the readiness probe and the dashboard."""
    last = SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").values_list("pk", flat=True)
    SweepRun.objects.filter(pk__in=list(last[:1])).update(quiet_until=until)


WORK = (
    DueWork(
        "sweep",
        ("subscriptions.jobs.check_expired_subscriptions",),
        next_end,
        heartbeats=(SubscriptionMetric.EXPIRED,),
        reasons=ended,
        note_quiet=note_quiet,
    ),
    DueWork("audit", ("subscriptions.jobs.audit_access",), next_audit, reasons=audit_due),
)
