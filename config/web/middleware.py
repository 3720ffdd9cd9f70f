"""Request middleware: request id, request log, cache control, header encoding, stage cookies, permissions policy."""

import logging
import time
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from foundation.jobs.invocation import request_id

logger = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Add a request id to every log line: Lambda's invocation id under Zappa, a new one elsewhere."""

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
    """Log method, route, status and milliseconds of each response.

    Omits path, query string and client IP, which may identify the user.
    """

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
    """Forbid caching of responses that do not set `Cache-Control`.

    Pages, errors and redirects are made for one visitor, but a shared cache may store even an error or a redirect
    without that header: https://www.rfc-editor.org/rfc/rfc9111#section-4.2.2
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class HeaderEncodingMiddleware:
    """Answer 400 to headers beyond Latin-1, which a JSON event can contain but WSGI cannot.

    The value is replaced by the bytes that a server would have received, so that the error page can be rendered.
    Authorization is left to authentication, which answers 401 for unknown credentials.
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
    """Restrict cookies to the stage that set them.

    On API Gateway's own host the stages of an API differ only by script name: with the path "/" a browser would send
    the cookies of `dev` to `production`. Django's settings for the cookie path ignore the script name. A cookie with a
    path of its own comes from `reverse`, which does not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for cookie in (each for each in response.cookies.values() if each["path"] == "/"):
            cookie["path"] = request.META.get("SCRIPT_NAME") or "/"
        return response


class PermissionsPolicyMiddleware:
    """Tell the browser that no page needs a device. https://www.w3.org/TR/permissions-policy/"""

    POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = self.POLICY
        return response
