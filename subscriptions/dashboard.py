"""Dashboard cards of sweeps, access and subscriptions."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from foundation.dashboard.cards import Alert, Card, CardSource, Period, Tile
from subscriptions import statistics
from subscriptions.access.managed_groups import missing_names
from subscriptions.charts import live_chart, sweep_charts, transition_charts
from subscriptions.models import AccessAuditRun, Plan

SWEEP_HOURS = 72
SWEEPS_LISTED = 10


def sweeps_card(period: Period) -> Card:
    """Return the latest sweeps and access audits."""
    now = period.now
    last, audit = statistics.last_finished_sweep(), statistics.last_finished_audit()
    latest = statistics.latest_sweeps(SWEEPS_LISTED)
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=SWEEP_HOURS - 1)
    charts = sweep_charts(statistics.sweeps_by_hour(since), since, SWEEP_HOURS)
    return Card(
        _("Sweeps"),
        alerts=[*_sweep_alerts(last, now), *_group_alerts(), *_audit_alerts(audit, now)],
        tiles=[_sweep_tile(last, now), _access_tile(audit, period)],
        charts=charts if latest else (),
        template="admin/dashboard_sweeps.html" if latest else "",
        context={"sweeps": [(sweep, _whole_seconds(sweep.oldest_late)) for sweep in latest]},
        empty="" if latest else _("No sweep has run yet."),
    )


def subscriptions_card(period: Period) -> Card:
    """Return the number of live subscriptions, and the transitions per day."""
    live = statistics.count_live(period.now)
    transitions = statistics.transitions_by_day(period.since)
    changes = statistics.changes_of_live(transitions, period.since, period.now)
    plans = dict(Plan.objects.filter(pk__in={row.plan_id for row in transitions}).values_list("pk", "name"))
    return Card(
        _("Subscriptions, last 30 days"),
        tiles=[Tile(_("Live subscriptions"), number_format(live, force_grouping=True))],
        charts=[
            live_chart(period.days, statistics.live_by_day(live, period.days, changes)),
            *transition_charts(transitions, period.days, plans),
        ],
    )


CARDS = (CardSource(sweeps_card), CardSource(subscriptions_card))


def _sweep_alerts(last: datetime | None, now: datetime) -> Iterator[Alert]:
    if last is None:
        text = _("No sweep has finished yet. Check the schedule, or run manage.py check_expired_subscriptions.")
        yield Alert(text, level="warning")
    elif statistics.is_sweep_stale(last, now):
        text = _(
            "No sweep has finished for %(age)s; expected every %(stale_after)s minutes."
            " No subscription expires until one does."
        )
        yield Alert(text % {"age": timesince(last, now), "stale_after": _minutes(settings.STALE_SWEEP_AFTER)})


def _group_alerts() -> Iterator[Alert]:
    text = _(
        "The group %(name)s is missing, so it gives nobody access. The next sweep creates it again, and the next access"
        " audit restores its members."
    )
    for name in missing_names():
        yield Alert(text % {"name": name})


def _audit_alerts(last: AccessAuditRun | None, now: datetime) -> Iterator[Alert]:
    if last is None or last.finished_at is None:
        yield Alert(_("No access audit has finished yet. Check the schedule."), level="warning")
    elif statistics.is_audit_stale(last, now):
        text = _("No access audit has finished for %(age)s; expected every %(audit_stale_after)s minutes.")
        expected = _minutes(statistics.audit_expected_within(last))
        yield Alert(text % {"age": timesince(last.finished_at, now), "audit_stale_after": expected})


def _sweep_tile(last: datetime | None, now: datetime) -> Tile:
    ago = _("%(age)s ago") % {"age": timesince(last, now)} if last else _("never")
    return Tile(_("Last sweep finished"), ago)


def _access_tile(last: AccessAuditRun | None, period: Period) -> Tile:
    corrections = number_format(statistics.audit_corrections(period.since), force_grouping=True)
    return Tile(_("Access corrections, last 30 days"), corrections, _audit_result(last, period.now))


def _audit_result(last: AccessAuditRun | None, now: datetime) -> str:
    """Return when the last audit ended and what it found."""
    if last is None or last.finished_at is None:
        return ""
    words = {"age": timesince(last.finished_at, now), "corrected": last.given + last.taken, "failed": last.failed}
    if last.complete:
        return _("audited %(age)s ago: %(corrected)s corrected, %(failed)s failed") % words
    return _("audited %(age)s ago, not all users: %(corrected)s corrected, %(failed)s failed") % words


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)


def _whole_seconds(duration: timedelta) -> timedelta:
    return timedelta(seconds=round(duration.total_seconds()))
