"""Next instants at which the sweep and the access audit have something to do."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.due_work import DueWork
from subscriptions.access.managed_groups import missing_names
from subscriptions.metrics import SubscriptionMetric
from subscriptions.models import Subscription, SweepRun
from subscriptions.statistics import audit_pause, has_unfinished_audit, last_finished_audit


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
    """Return the instant of the next access audit: at once unless the last one left nothing to correct.

    One that began later and has not finished may have died, and counts as one that left something. A group that is
    missing is restored with its members.
    """
    last = last_finished_audit()
    if last is None or last.finished_at is None or has_unfinished_audit(since=last) or missing_names():
        return now
    return last.finished_at + audit_pause(last)


def note_quiet(until: datetime) -> None:
    """Record on the last sweep that none follows before then, for the readiness probe and the dashboard.

    Those that are at work may end after it, and leave no note of their own: they do if they die, or the store fails.
    """
    last = SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").values_list("pk", flat=True)
    for key in last[:1]:
        at_work = Q(finished_at=None, pk__gt=key)
        SweepRun.objects.filter(Q(pk=key) | at_work).update(quiet_until=until)


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
