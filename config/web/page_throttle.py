"""Rate limits for forms: per user, per client address, and per name in the sign-in form."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.devices import KnownDevice, known_device, normalised_name
from foundation import clock
from foundation.throttling import counters
from foundation.throttling.counters import TooManyRequests
from foundation.web.client_address import client_network

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1"""

DEVICES_AT_ONCE = 3
"""Known devices of an account that may use up their limits in the same minute."""


class PageThrottleMiddleware:
    """Answer 429 to clients that exceed the limits, before the view runs.

    Views exempt from CSRF protection have limits of their own: the API, and the unsubscribe link of mailbox providers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *arguments: object
    ) -> HttpResponse | None:
        """Count the request, and let it through if it is within all limits."""
        if request.method in SAFE_METHODS or getattr(view, "csrf_exempt", False):
            return None
        try:
            counters.enforce(_limits(request), clock.now())
        except TooManyRequests as error:
            return _too_many_requests(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a view with a limit of its own."""
        return _too_many_requests(request, error) if isinstance(error, TooManyRequests) else None


@never_cache
def _too_many_requests(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(int(error.retry_after.total_seconds()))
    return response


def _limits(request: HttpRequest) -> Mapping[str, int]:
    network = client_network(request.META)
    if request.user.is_authenticated:
        return {
            counters.bucket("user", str(request.user.pk)): settings.CHANGES_PER_MINUTE_AND_USER,
            counters.bucket("address", network): settings.CHANGES_PER_MINUTE_AND_ADDRESS,
        }
    name = normalised_name(_name(request))
    if name and (device := known_device(request, name)):
        return _limits_of_device(device, network)
    limits = {counters.bucket("visitor", network): settings.SIGN_INS_PER_MINUTE_AND_ADDRESS}
    if name:  # nobody guesses a password from many addresses
        limits[counters.bucket("name", name)] = settings.SIGN_INS_PER_MINUTE_AND_NAME
    return limits


def _limits_of_device(device: KnownDevice, network: str) -> Mapping[str, int]:
    """Return limits of the owner's browsers alone, so that others' guesses do not lock them out."""
    of_all = DEVICES_AT_ONCE * settings.SIGN_INS_PER_MINUTE_AND_NAME
    return {
        counters.bucket("device", device.name): settings.SIGN_INS_PER_MINUTE_AND_NAME,
        counters.bucket("devices", device.account): of_all,  # each sign-in makes another device
        counters.bucket("devices of network", network): settings.SIGN_INS_PER_MINUTE_AND_ADDRESS,
    }


def _name(request: HttpRequest) -> str:
    """Return the name that is signed in with: what was typed, and at the second step that of the first."""
    if request.resolver_match is None or request.resolver_match.view_name != "second_step":
        return str(request.POST.get("username", ""))
    from accounts.pending_sign_in import awaiting_user  # noqa: PLC0415 - few requests are second steps

    user = awaiting_user(request)
    return user.get_username() if user else ""
