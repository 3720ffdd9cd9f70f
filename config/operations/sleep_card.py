"""Dashboard card of a database that sleeps: until when, how long it was awake, and what keeps it awake.

Registered with GATE_TABLE only.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from foundation import gate
from foundation.dashboard.cards import Alert, Card, CardSource, Period, Tile
from foundation.due_work import frequent_markers, reasons_to_stay_awake
from foundation.gate_store import GateStoreUnavailable
from subscriptions.models import AccessAuditRun, SweepRun

COUNTED = timedelta(hours=24)
AWAKE_AFTER_A_JOB = timedelta(seconds=315)
"""15 s of resuming, and the 300 s without a connection after which Aurora sleeps; SleepAfterSeconds in data.yaml."""
MOST_RUNS = 2_000
"""Rows read per kind of run; a day has 1,440 minutes."""


def sleep_card(period: Period) -> Card:
    """Return until when jobs let the database sleep, and what keeps it awake."""
    now = period.now
    try:
        ahead, past = _markers(now)
    except GateStoreUnavailable:
        alert = Alert(_("The gate's table does not answer: every job runs at each tick, and the database stays awake."))
        return Card(_("Database"), alerts=[alert], tiles=[_awake_tile(now)])
    reasons = reasons_to_stay_awake(now)
    return Card(
        _("Database"),
        tiles=[_state_tile(ahead, past, reasons), _awake_tile(now)],
        template="admin/dashboard_sleep.html" if reasons else "",
        context={"reasons": reasons},
        empty="" if reasons else _("No job keeps the database awake. It sleeps five minutes after the last visitor."),
    )


CARDS = (CardSource(sleep_card),)


def _markers(now: datetime) -> tuple[list[datetime], set[str]]:
    """Return the instants for which the gate is closed, and the markers for which it is open."""
    markers = gate.store().read().markers
    ahead = {marker: instant for marker, instant in markers.items() if instant > now + settings.GATE_AHEAD}
    return list(ahead.values()), markers.keys() - ahead.keys()


def _state_tile(ahead: list[datetime], past: set[str], reasons: list[str]) -> Tile:
    label = _("Database, when nobody visits")
    if not ahead or past & frequent_markers():
        return Tile(label, _("awake"), "" if reasons else _("until the jobs of this minute have run"))
    if past:
        return Tile(label, _("asleep"), _("until the next tick of a job that is due"))
    return Tile(label, _("asleep"), _("until %(time)s UTC") % {"time": date_format(min(ahead), "j M H:i")})


def _awake_tile(now: datetime) -> Tile:
    hours = awake_time(now) / timedelta(hours=1)
    return Tile(
        _("Awake for jobs, last 24 hours"),
        _("%(hours)s h") % {"hours": number_format(round(hours, 1), decimal_pos=1)},
        _("by sweeps and access audits; hourly jobs and visitors who only read are not counted"),
    )


def awake_time(now: datetime) -> timedelta:
    """Return how long sweeps and access audits kept the database awake in the time COUNTED."""
    total, covered = timedelta(), now - COUNTED
    for start, end in sorted(_runs(now - COUNTED)):
        until = min(now, (end or start) + AWAKE_AFTER_A_JOB)
        total += max(timedelta(), until - max(start, covered))
        covered = max(covered, until)
    return total


def _runs(since: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    rows: tuple[QuerySet[SweepRun] | QuerySet[AccessAuditRun], ...] = (
        SweepRun.objects.all(),
        AccessAuditRun.objects.all(),
    )
    for each in rows:
        found = each.filter(started_at__gte=since).order_by("-started_at")
        yield from found.values_list("started_at", "finished_at")[:MOST_RUNS]
