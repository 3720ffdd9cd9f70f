"""Middleware that answers webhooks before session, language and host are looked at."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from foundation.web.lazy_page import LazyPage

PREFIX = "/payments/webhooks/"


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
