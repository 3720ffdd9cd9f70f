"""Site on this machine: Django's WSGI application on a loopback address."""

from functools import partial
from typing import Self

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from infra.lambda_local.loopback_server import ServerThread, listen

PREFERRED_PORT = 8000


class Site(ServerThread):
    """Context manager that serves the site. `url` is known in advance, because it goes into the settings."""

    _server: ThreadedWSGIServer

    def __init__(self) -> None:
        make = partial(ThreadedWSGIServer, RequestHandlerClass=WSGIRequestHandler)
        super().__init__(listen(make, PREFERRED_PORT))

    def __enter__(self) -> Self:
        self._server.set_app(WSGIHandler())  # get_wsgi_application would set up Django and logging again
        return super().__enter__()
