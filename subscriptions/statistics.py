"""Statistics of sweeps and subscriptions for operators, counted by the database.

Each query reads an index from some instant on, or a bounded number of rows; none walks a whole table.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncHour

from subscriptions.models import AccessAuditRun, Subscription, SubscriptionEvent, SweepRun, Transition

COUNTED_TRANSITIONS = (Transition.CREATED, Transition.RENEWED, Transition.CANCELLED, Transition.EXPIRED)
"""The transitions that are counted by day."""

LONGEST_EDIT = timedelta(minutes=15)
"""Of a plan's groups: a transaction ends with its invocation.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

AUDITED_AT = time(3, 20, tzinfo=UTC)
"""Time of the day at which an access audit is due behind the gate.

The nightly job that deletes old rows has the same in `zappa_settings.json`, so that the database is woken once.
"""


@dataclass(frozen=True)
class HourOfSweeps:
    """The sweeps that started within one hour."""

    hour: datetime
    runs: int
    expired: int
    failed: int
    oldest_late: timedelta
    """Time past its end of the latest one that was expired."""


@dataclass(frozen=True)
class DayOfTransitions:
    """Number of subscriptions of one plan that made one transition on one day (UTC)."""

    day: date
    transition: str
    plan_id: int
    number: int


def last_finished_sweep() -> datetime | None:
    """Return the sweep that finished last; None if none ever did."""
    last: datetime | None = SweepRun.objects.aggregate(last=Max("finished_at"))["last"]
    return last


def last_finished_audit() -> AccessAuditRun | None:
    """Return the access audit that finished last; None if none ever did."""
    return AccessAuditRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def has_unfinished_audit(since: AccessAuditRun) -> bool:
    """Return True if an access audit that may have begun after this one is at work, or died.

    An edit of a plan's groups orders its audit in its own transaction: the row has a lower key, and an earlier
    beginning, than an audit that has seen nothing of the edit.
    """
    may_be_later = AccessAuditRun.objects.filter(started_at__gt=since.started_at - LONGEST_EDIT)
    return may_be_later.exclude(pk=since.pk).filter(finished_at__isnull=True).exists()


def is_sweep_stale(last_sweep: datetime | None, now: datetime) -> bool:
    """Return True if the last sweep finished more than STALE_SWEEP_AFTER ago, and another was needed since."""
    return last_sweep is None or (now - last_sweep > settings.STALE_SWEEP_AFTER and not is_quiet(now))


def is_audit_stale(last: AccessAuditRun | None, now: datetime) -> bool:
    """Return True if no access audit has finished within `audit_expected_within` of the last one."""
    return last is None or last.finished_at is None or now - last.finished_at > audit_expected_within(last)


def audit_expected_within(last: AccessAuditRun) -> timedelta:
    """Return the time after which the next access audit is late: STALE_AUDIT_AFTER, and the time the gate lets pass."""
    return settings.STALE_AUDIT_AFTER + (audit_pause(last) if settings.GATE_TABLE else timedelta())


def audit_pause(last: AccessAuditRun) -> timedelta:
    """Return for how long the gate lets no audit follow this one: until the night, a day at most.

    None if it left something to correct, or users whom another transaction held.
    """
    if last.finished_at is None or last.failed or last.held or not last.complete:
        return timedelta()
    night = datetime.combine(last.finished_at.astimezone(UTC), AUDITED_AT)
    return (night if night > last.finished_at else night + timedelta(days=1)) - last.finished_at


def is_quiet(now: datetime) -> bool:
    """Return True if the last sweep has noted that none is needed yet; the database may have slept since.

    What was committed after the note may have ended meanwhile, and needs one.
    """
    if Subscription.objects.due(now - settings.STALE_SWEEP_AFTER).exists():
        return False
    last = SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at")
    until = last.values_list("quiet_until", flat=True).first()
    return until is not None and now <= until + settings.STALE_SWEEP_AFTER


def audit_corrections(since: datetime) -> int:
    """Return how many memberships access audits have corrected since then."""
    runs = AccessAuditRun.objects.filter(started_at__gte=since).order_by()
    number: int = runs.aggregate(number=Coalesce(Sum(F("given") + F("taken")), 0))["number"]
    return number


def latest_sweeps(limit: int) -> list[SweepRun]:
    """Return the latest runs, finished or not, newest first."""
    return list(SweepRun.objects.order_by("-pk")[:limit])


def sweeps_by_hour(since: datetime) -> list[HourOfSweeps]:
    """Return every hour since then that had a sweep, oldest first."""
    runs = SweepRun.objects.filter(started_at__gte=since).order_by()
    hours = runs.values(hour=TruncHour("started_at", tzinfo=UTC)).annotate(
        runs=Count("*"), number=Sum("expired"), bad=Sum("failed"), late=Max("oldest_late")
    )
    rows = hours.order_by("hour").values_list("hour", "runs", "number", "bad", "late")
    return [HourOfSweeps(*row) for row in rows]


def transitions_by_day(since: datetime) -> list[DayOfTransitions]:
    """Return the number of COUNTED_TRANSITIONS since then by day and plan, in no particular order."""
    events = SubscriptionEvent.objects.filter(transition__in=COUNTED_TRANSITIONS, occurred_at__gte=since).order_by()
    days = events.values(day=TruncDate("occurred_at", tzinfo=UTC), kind=F("transition"), of=F("plan"))
    rows = days.annotate(number=Count("*")).values_list("day", "kind", "of", "number")
    return [DayOfTransitions(*row) for row in rows]


def count_live(now: datetime) -> int:
    """Count the subscriptions that are live at `now`. Reads the index of those that are not expired."""
    return Subscription.objects.live(now).count()


def live_by_day(live_now: int, days: Sequence[date], changes: Counter[date]) -> list[int]:
    """Return the number of live subscriptions at the end of each day; the last day is today and is not over.

    Counted back from `live_now`, so nothing older than the first day is read.
    """
    live = live_now
    ends = []
    for day in reversed(days):
        ends.append(live)
        live -= changes[day]
    return ends[::-1]


def changes_of_live(transitions: Iterable[DayOfTransitions], since: datetime, now: datetime) -> Counter[date]:
    """Return by how many the live subscriptions grew, or shrank, on each day since then.

    Up: created, and renewed after they had expired. Down: expired, and due but not yet swept.
    """
    changes: Counter[date] = Counter()
    for row in transitions:
        changes[row.day] += _STEP.get(row.transition, 0) * row.number
    changes.update(_by_day(_returned(since), "occurred_at"))
    changes.subtract(_by_day(Subscription.objects.due(now).filter(end_date__gte=since), "end_date"))
    return changes


_STEP = {Transition.CREATED.value: 1, Transition.EXPIRED.value: -1}


def _returned(since: datetime) -> QuerySet[SubscriptionEvent]:
    """Renewals of what had expired. One that came between the end and the sweep interrupted nothing.

    A scalar subquery, because PostgreSQL makes of EXISTS a join that reads every expiry there ever was.
    """
    expiry = SubscriptionEvent.objects.filter(
        subscription=OuterRef("subscription"), transition=Transition.EXPIRED, new_end_date=OuterRef("old_end_date")
    )
    renewals = SubscriptionEvent.objects.filter(
        transition=Transition.RENEWED, occurred_at__gte=since, old_end_date__lte=F("occurred_at")
    )
    ended = renewals.annotate(expiry=Subquery(expiry.order_by().values("pk")[:1]))
    return ended.filter(expiry__isnull=False).order_by()


def _by_day(rows: QuerySet[SubscriptionEvent] | QuerySet[Subscription], field: str) -> dict[date, int]:
    days = rows.values(day=TruncDate(field, tzinfo=UTC))
    return dict(days.annotate(number=Count("*")).order_by().values_list("day", "number"))
