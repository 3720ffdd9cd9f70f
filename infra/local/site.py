"""The site on this machine: Django's WSGI application on the loopback address."""

from functools import partial
from typing import Self

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from infra.lambda_local.loopback_server import ServerThread, listen

PREFERRED_PORT = 8000


class Site(ServerThread):
    """Context manager: serves the site while it is open. `url` is known before, since it goes into the settings."""

    _server: ThreadedWSGIServer

    def __init__(self) -> None:
        make = partial(ThreadedWSGIServer, RequestHandlerClass=WSGIRequestHandler)
        super().__init__(listen(make, PREFERRED_PORT))

    def __enter__(self) -> Self:
        self._server.set_app(WSGIHandler())  # get_wsgi_application would set Django, and its logs, up again
        return super().__enter__()
