"""Local clock over HTTP, for a function in the sandbox, which cannot read the clock's file."""

from functools import partial
from http import HTTPStatus

from foundation import clock
from infra.lambda_local.loopback_server import LoopbackHandler, LoopbackServer, ServerThread, listen


class ClockServer(ServerThread):
    """Context manager: serve the clock's offset in seconds. LOCAL_CLOCK is set to its `url`."""

    def __init__(self) -> None:
        super().__init__(listen(partial(LoopbackServer, RequestHandlerClass=_Handler)))


class _Handler(LoopbackHandler):
    def do_GET(self) -> None:
        body = str(clock.travelled().total_seconds()).encode("ascii")
        self.send(HTTPStatus.OK, [("Content-Type", "text/plain")], body)
