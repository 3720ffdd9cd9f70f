"""Middleware of every request: its id, a line in the log, readable headers, cookies under a stage prefix, the edge."""

import logging
import time
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from foundation.jobs.invocation import request_id

logger = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Names the request in every log line: Lambda's invocation id under Zappa, a new one elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = request.META.get("lambda.context")
        token = request_id.set(context.aws_request_id if context else uuid.uuid4().hex)
        try:
            return self.get_response(request)
        finally:
            request_id.reset(token)


class RequestLogMiddleware:
    """Logs each answer: method, route, status, milliseconds. Not the path, the query or the address: they tell who."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        answered = {
            "method": request.method,
            "route": request.resolver_match.route if request.resolver_match else "",
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - begun) * 1000),
        }
        logger.info("answered", extra=answered)
        return response


class CacheControlMiddleware:
    """Lets nobody keep an answer that does not say otherwise: pages, errors and redirects are made for one visitor.

    A shared cache may keep even an error or a redirect without `Cache-Control`:
    https://www.rfc-editor.org/rfc/rfc9111#section-4.2.2
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class HeaderEncodingMiddleware:
    """Refuses with 400 what WSGI has no place for: a header beyond Latin-1, which a JSON event can hold.

    It becomes the bytes that a server would have received, for the page that says so. Authorization is left to
    authentication, which knows no such credentials: 401.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        unreadable = {name for name, value in request.META.items() if _is_header(name) and not _is_latin_1(value)}
        for name in unreadable:
            request.META[name] = request.META[name].encode(errors="surrogatepass").decode("latin-1")
        if unreadable - {"HTTP_AUTHORIZATION"}:
            raise BadRequest("a header has characters beyond Latin-1")
        return self.get_response(request)


def _is_header(name: str) -> bool:
    return name.startswith("HTTP_") or name == "CONTENT_TYPE"


def _is_latin_1(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


class StageCookiesMiddleware:
    """Keeps cookies to the stage they come from.

    On API Gateway's own host the stages of one API differ by the script name only: with the path "/" a browser would
    show the cookies of `dev` to `production`. Django's settings for the path know no script name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for cookie in response.cookies.values():
            cookie["path"] = request.META.get("SCRIPT_NAME") or "/"
        return response


class PermissionsPolicyMiddleware:
    """Tells the browser that no page needs a device. https://www.w3.org/TR/permissions-policy/"""

    POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = self.POLICY
        return response
