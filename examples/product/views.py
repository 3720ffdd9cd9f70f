"""Pages of the example."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from examples.product.models import Report
from subscriptions.decorators import subscriber_required

REPORTS_ON_A_PAGE = 20


class SubscriberRequest(HttpRequest):
    """A request behind `subscriber_required`, for type checking."""

    user: User


@subscriber_required
@require_safe
def reports(request: SubscriberRequest) -> HttpResponse:
    """List the subscriber's latest reports."""
    latest = Report.objects.filter(user=request.user)[:REPORTS_ON_A_PAGE]
    return render(request, "product/reports.html", {"reports": latest})


@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    """Show the imprint, to which the footer of every page and mail links."""
    return render(request, "product/imprint.html")
