"""Admin lookups that the database refuses: a NUL, an invalid pattern, a number out of range."""

import logging
from collections.abc import Callable

from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

logger = logging.getLogger(__name__)


ANSWERED_BY_DJANGO = (BadRequest, Http404, PermissionDenied, SuspiciousOperation)


class BadLookupMiddleware:
    """Redirect a failed admin list to the unfiltered one, as Django does for lookups it finds invalid itself.

    Covers any error, because drivers, lookups and fields each raise their own. An error with another cause occurs again
    on the unfiltered list and is reported there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> None:
        """Raise Http404 for a NUL in an admin path: no key contains one, and PostgreSQL would raise an error."""
        if "\x00" in request.path_info and _is_of_admin(request):
            raise Http404

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Redirect to the unfiltered list, or leave the error to other handlers."""
        if isinstance(error, ANSWERED_BY_DJANGO) or not _is_filtered_list(request):
            return None
        logger.warning("the lookup of a list failed", extra={"error": type(error).__name__})
        return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")


def _is_of_admin(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.app_name == "admin"


def _is_filtered_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    is_list = match is not None and _is_of_admin(request) and str(match.url_name).endswith("_changelist")
    return is_list and request.method in {"GET", "HEAD"} and bool(request.GET) and ERROR_FLAG not in request.GET
