"""Set-Cookie headers in the shape the gateway expects, each sent once."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from zappa.middleware import all_casings

from config.aws_lambda.http_events import takes_one_value_per_header

Headers = list[tuple[str, str]]


class GatewayCookies:
    """WSGI wrapper behind Zappa's handler. Replaces ZappaWSGIMiddleware, which sends each cookie twice.

    Zappa itself turns repeated headers into `cookies` or lists. Only a load balancer without multi-value headers
    accepts one value per name; each cookie then gets its own spelling: Set-Cookie, set-cookie.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not takes_one_value_per_header(environ["lambda.event"]):
            return self.application(environ, start_response)

        def start(status: str, headers: Headers, *error: Any) -> Any:
            return start_response(status, spelt_apart(headers), *error)

        return self.application(environ, start)


def spelt_apart(headers: Headers) -> Headers:
    """Return the headers with a different upper and lower case for each Set-Cookie."""
    spellings = all_casings("Set-Cookie")
    return [(next(spellings), value) if name.lower() == "set-cookie" else (name, value) for name, value in headers]
