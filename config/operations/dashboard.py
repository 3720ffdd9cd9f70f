"""Operator dashboard: the cards that the apps have registered."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation import clock, registries
from foundation.dashboard.cards import CardSource, Period


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Render the dashboard for staff with the permission to view sweeps."""
    if not request.user.has_perm("subscriptions.view_sweeprun"):
        raise PermissionDenied
    period = Period(clock.now())
    cards = [source.read(period) for source in registries.DASHBOARD.items(CardSource)]
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        "now": period.now,
        "cards": cards,
        "alerts": [alert for card in cards for alert in card.alerts],
        "drawings": [chart.drawing() for card in cards for chart in card.charts if not chart.is_empty],
    }
    return TemplateResponse(request, "admin/dashboard.html", context)
