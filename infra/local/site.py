"""The site on this machine: Django's WSGI application behind a threaded server on the loopback address."""

import threading
from types import TracebackType
from typing import Self

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

PREFERRED_PORT = 8000


class Site:
    """Takes its port when it is made, so that `url` can go into the settings; serves while it is open."""

    def __init__(self) -> None:
        try:
            self._server = _server(PREFERRED_PORT)
        except OSError:  # somebody else's
            self._server = _server(0)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        """Where it can be reached, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server.set_app(WSGIHandler())  # get_wsgi_application would set Django, and its logs, up again
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _server(port: int) -> ThreadedWSGIServer:
    return ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
