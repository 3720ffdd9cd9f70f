"""Middleware that gives pages the visitor's language and time zone."""

from collections.abc import Callable
from datetime import UTC, tzinfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.preferences import LANGUAGE_KEY, TIME_ZONE_KEY, browser_time_zone, time_zone_named

IN_UTC = ("/api/", "/admin/")
"""Paths below which every instant is in UTC: programs and operators compare them."""


class VisitorPreferencesMiddleware:
    """Activate what the session holds of the visitor's choice, else the browser's.

    Stands after the session's middleware and Django's LocaleMiddleware, which chooses the browser's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language, chosen_zone = _chosen(request)
        if language in dict(settings.LANGUAGES):
            translation.activate(language)  # LocaleMiddleware names it in the response, and each request begins anew
            request.LANGUAGE_CODE = language
        with timezone.override(_time_zone(request, chosen_zone)):
            return self.get_response(request)


def _chosen(request: HttpRequest) -> tuple[str, str]:
    """Return language and name of the time zone from the session. A visitor without one costs no query."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return "", ""
    return request.session.get(LANGUAGE_KEY, ""), request.session.get(TIME_ZONE_KEY, "")


def _time_zone(request: HttpRequest, chosen: str) -> tzinfo:
    if request.path_info.startswith(IN_UTC):
        return UTC
    return time_zone_named(chosen or browser_time_zone(request)) or UTC
