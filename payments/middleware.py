"""Middleware: webhooks are answered before session, language and host are looked at, and calls to a provider end."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from foundation.web.lazy_page import LazyPage
from payments.providers.deadline import Deadline, calls_end_by

PREFIX = "/payments/webhooks/"

PROVIDER_CALLS = timedelta(seconds=20)
"""Until the last call of a request ends, however many it makes, from the request's beginning.

API Gateway gives up after 29 seconds, of which the start of a sandbox, the database and the page need the rest:
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""


class ProviderDeadlineMiddleware:
    """End the provider calls of a request in time for the page or the API's answer that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with calls_end_by(Deadline.after(PROVIDER_CALLS)):
            return self.get_response(request)


class WebhookMiddleware:
    """Answer a provider's messages. The signature is their proof: no cookie, no CSRF token and no host is needed.

    They count towards no limit, because a provider that is answered 429 gives up in the end. One that is refused costs
    no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            request.resolver_match = match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        return match.func(request, *match.args, **match.kwargs) if _is_ours(match.func) else self.get_response(request)


def _is_ours(view: object) -> bool:
    return isinstance(view, WebhookPage)


class WebhookPage(LazyPage):
    """View of a webhook, which the middleware calls."""

    csrf_exempt = True
