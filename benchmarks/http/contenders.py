"""Adapters between API Gateway's event and the Django application."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """Adapter. `answer` is measured and returns the status; `prepare` converts an event beforehand."""

    answer: Callable[[Any], int]
    prepare: Callable[[Event], Any] = lambda event: event


def project() -> Contender:
    """Return the deployed function: allow-list, Zappa's handler, Django."""
    handler = import_module("config.aws_lambda.handler").lambda_handler  # starts Django, before anything loads Zappa
    context = import_module("infra.local.lambda_function").Context
    return Contender(lambda event: int(handler(event, context("", "", "", deadline=0))["statusCode"]))


def bare_wsgi() -> Contender:
    """Return the bare call of the WSGI application, with an environment prepared as by Zappa."""
    application = import_module("config.wsgi").application

    def answer(environ: dict[str, Any]) -> int:
        statuses: list[str] = []
        response: Any = application(environ, lambda status, headers, *error: statuses.append(status))
        _read(response)
        return int(statuses[0].partition(" ")[0])

    return Contender(answer, _environ)


def mangum() -> Contender:
    """Return https://mangum.fastapiexpert.com around Django's ASGI application."""
    handler = import_module("mangum").Mangum(import_module("django.core.asgi").get_asgi_application(), lifespan="off")
    return Contender(lambda event: int(handler(event, None)["statusCode"]))


def apig_wsgi() -> Contender:
    """Return https://github.com/adamchainz/apig-wsgi."""
    handler = import_module("apig_wsgi").make_lambda_handler(
        import_module("config.wsgi").application, binary_support=True
    )
    return Contender(lambda event: int(handler(event, None)["statusCode"]))


def serverless_wsgi() -> Contender:
    """Return https://github.com/logandk/serverless-wsgi."""
    handle, application = import_module("serverless_wsgi").handle_request, import_module("config.wsgi").application
    return Contender(lambda event: int(handle(application, event, None)["statusCode"]))


PROJECT, BARE = "project", "bare WSGI"
CONTENDERS: dict[str, Callable[[], Contender]] = {
    PROJECT: project,
    BARE: bare_wsgi,
    "mangum": mangum,
    "apig-wsgi": apig_wsgi,
    "serverless-wsgi": serverless_wsgi,
}


def _environ(event: Event) -> dict[str, Any]:
    create = import_module("zappa.wsgi").create_wsgi_request
    environ: dict[str, Any] = create(event, script_name=f"/{event['requestContext']['stage']}", binary_support=True)
    return environ | {"HTTPS": "on", "wsgi.url_scheme": "https"}


def _read(response: Iterable[bytes]) -> None:
    b"".join(response)
    if hasattr(response, "close"):
        response.close()
