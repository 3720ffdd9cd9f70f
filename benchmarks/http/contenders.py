"""Ways from API Gateway's event to the same Django application and back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """`answer` is what is measured, and returns the status; `prepare` makes of an event what it takes."""

    answer: Callable[[Any], int]
    prepare: Callable[[Event], Any] = lambda event: event


def project() -> Contender:
    """The function that Lambda calls: rules, Zappa's handler, Django."""
    handler = import_module(
        "config.aws_lambda.handler"
    ).lambda_handler  # which starts Django, before anything loads Zappa
    context = import_module("infra.local.lambda_function").Context
    return Contender(lambda event: int(handler(event, context("", "", "", deadline=0))["statusCode"]))


def bare_wsgi() -> Contender:
    """Nothing but the call of the WSGI application; its environment is made beforehand, as Zappa makes it."""
    application = import_module("config.wsgi").application

    def answer(environ: dict[str, Any]) -> int:
        statuses: list[str] = []
        response: Any = application(environ, lambda status, headers, *error: statuses.append(status))
        _read(response)
        return int(statuses[0].partition(" ")[0])

    return Contender(answer, _environ)


def mangum() -> Contender:
    """https://mangum.fastapiexpert.com, around Django's ASGI application."""
    handler = import_module("mangum").Mangum(import_module("django.core.asgi").get_asgi_application(), lifespan="off")
    return Contender(lambda event: int(handler(event, None)["statusCode"]))


def apig_wsgi() -> Contender:
    """https://github.com/adamchainz/apig-wsgi"""
    handler = import_module("apig_wsgi").make_lambda_handler(
        import_module("config.wsgi").application, binary_support=True
    )
    return Contender(lambda event: int(handler(event, None)["statusCode"]))


def serverless_wsgi() -> Contender:
    """https://github.com/logandk/serverless-wsgi"""
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
