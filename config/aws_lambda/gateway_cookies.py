"""Set-Cookie headers, each sent once, in the shape that the gateway of the event takes."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from zappa.middleware import all_casings

from config.aws_lambda.http_events import takes_one_value_per_header

Headers = list[tuple[str, str]]


class GatewayCookies:
    """The application behind Zappa's handler, in place of ZappaWSGIMiddleware, which doubles each cookie.

    Zappa turns headers of one name into `cookies` and lists itself. Only a load balancer without multi-value headers
    takes one value per name; there each cookie gets a spelling of its own: Set-Cookie, set-cookie.
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
    """Return the headers with each Set-Cookie in an upper and lower case of its own."""
    spellings = all_casings("Set-Cookie")
    return [(next(spellings), value) if name.lower() == "set-cookie" else (name, value) for name, value in headers]
