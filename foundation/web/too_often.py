"""Error page for too many requests."""

from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from foundation.web import throttling


@never_cache
def too_often(request: HttpRequest, now: datetime) -> HttpResponse:
    """Return status 429 with the seconds until the counters are reset."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(int((throttling.window_end(now) - now).total_seconds()))
    return response
