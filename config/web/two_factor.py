"""Second factor that is required from staff."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

FREE = {"two_factor", "logout", "set_language", "login", "second_step", "change_password"}
"""Pages that need no second factor: those by which one gets it, or leaves."""


class TwoFactorMiddleware:
    """Lead staff whose session began without the required second factor to its set-up, whatever they ask for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        """Redirect pages, and refuse the API to the session. Tokens are not concerned."""
        if not settings.TWO_FACTOR_REQUIRED_FROM or not _is_missing(request):
            return None
        if _name(request).startswith("api_"):
            return _problem()
        return HttpResponseRedirect(reverse("two_factor"))


def _is_missing(request: HttpRequest) -> bool:
    if _name(request) in FREE or not request.user.is_authenticated:
        return False
    from accounts.two_factor import is_missing  # noqa: PLC0415 - loads django-otp's models, which few need

    return is_missing(request)


def _name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _problem() -> JsonResponse:
    from foundation.api.problems import MEDIA_TYPE, problem  # noqa: PLC0415 - loads Django REST framework

    body = problem(HTTPStatus.FORBIDDEN, "Two-factor authentication is required. Set it up on your account page.")
    return JsonResponse(body, status=HTTPStatus.FORBIDDEN, content_type=MEDIA_TYPE)
