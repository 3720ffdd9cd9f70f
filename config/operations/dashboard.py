"""Operator dashboard: sweeps, access audits, outbox and subscriptions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.operations.health import is_audit_stale, is_late, is_stale
from config.operations.notification_charts import delivery_charts
from config.operations.subscription_charts import live_chart, sweep_charts, transition_charts
from foundation import clock
from notifications import statistics as notifications
from notifications.models import State
from subscriptions import statistics as subscriptions
from subscriptions.access.managed_groups import missing_names
from subscriptions.models import Plan

DAYS = 30
SWEEP_HOURS = 72
SWEEPS_LISTED = 10
UNDELIVERED = (State.FAILED, State.UNKNOWN)


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Render the dashboard for staff with the permission to view sweeps."""
    if not request.user.has_perm("subscriptions.view_sweeprun"):
        raise PermissionDenied
    sections = Figures(clock.now())
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        **sections.sweeps(),
        **sections.access(),
        **sections.outbox(),
        **sections.subscriptions(),
    }
    charts = [chart for key in CHARTS for chart in context[key]]
    drawings = [chart.drawing() for chart in charts if not chart.is_empty]
    return TemplateResponse(request, "admin/dashboard.html", context | {"drawings": drawings})


CHARTS = ("sweep_charts", "delivery_charts", "live_charts", "transition_charts")
"""Context keys that hold charts."""


@dataclass(frozen=True)
class Figures:
    """Dashboard sections at `now`. Each method runs its own queries and returns a part of the context."""

    now: datetime

    @property
    def days(self) -> list[date]:
        """Return the last DAYS days (UTC), ending today."""
        today = self.now.date()
        return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]

    def sweeps(self) -> dict[str, Any]:
        """Return the latest sweeps and the charts of the last SWEEP_HOURS."""
        last = subscriptions.last_finished_sweep()
        latest = subscriptions.latest_sweeps(SWEEPS_LISTED)
        this_hour = self.now.replace(minute=0, second=0, microsecond=0)
        since = this_hour - timedelta(hours=SWEEP_HOURS - 1)
        return {
            "now": self.now,
            "last_sweep": last,
            "sweep_is_stale": is_stale(last, self.now),
            "stale_after": settings.STALE_SWEEP_AFTER // timedelta(minutes=1),
            "sweeps": [(sweep, _whole_seconds(sweep.oldest_late)) for sweep in latest],
            "sweep_charts": sweep_charts(subscriptions.sweeps_by_hour(since), since, SWEEP_HOURS),
        }

    def access(self) -> dict[str, Any]:
        """Return the latest access audit and the memberships corrected in the last DAYS days."""
        last = subscriptions.last_finished_audit()
        return {
            "last_audit": last,
            "audit_is_stale": is_audit_stale(last, self.now),
            "audit_stale_after": settings.STALE_AUDIT_AFTER // timedelta(minutes=1),
            "corrections": number_format(subscriptions.audit_corrections(self._since), force_grouping=True),
            "missing_groups": missing_names(),
        }

    def outbox(self) -> dict[str, Any]:
        """Return the notification counts by state, the paused channels and the finished notifications per day."""
        oldest = notifications.oldest_pending()
        outbox = notifications.outbox()
        undelivered = [count for counts in outbox for count in counts if count.state in UNDELIVERED]
        return {
            "outbox": outbox,
            "undelivered": sum(count.number for count in undelivered),
            "undelivered_is_cut": any(count.is_cut for count in undelivered),
            "paused_channels": notifications.paused_channels(),
            "oldest_pending": oldest,
            "outbox_is_late": is_late(oldest, self.now),
            "delivery_charts": delivery_charts(notifications.finished_by_day(self._since), self.days),
        }

    def subscriptions(self) -> dict[str, Any]:
        """Return the number of live subscriptions and the transitions per day."""
        live = subscriptions.count_live(self.now)
        transitions = subscriptions.transitions_by_day(self._since)
        changes = subscriptions.changes_of_live(transitions, self._since, self.now)
        plans = dict(Plan.objects.filter(pk__in={row.plan_id for row in transitions}).values_list("pk", "name"))
        return {
            "live": number_format(live, force_grouping=True),
            "live_charts": [live_chart(self.days, subscriptions.live_by_day(live, self.days, changes))],
            "transition_charts": transition_charts(transitions, self.days, plans),
        }

    @property
    def _since(self) -> datetime:
        return datetime.combine(self.days[0], time(), UTC)


def _whole_seconds(duration: timedelta) -> timedelta:
    return timedelta(seconds=round(duration.total_seconds()))
