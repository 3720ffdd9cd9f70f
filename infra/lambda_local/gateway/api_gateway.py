"""API Gateway on this machine: an HTTP server on the loopback address in front of a Lambda function."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, cast

from infra.lambda_local.errors import MalformedAnswer
from infra.lambda_local.gateway.http_messages import Headers, HttpAnswer, HttpRequest
from infra.lambda_local.loopback_server import LoopbackHandler, LoopbackServer, ServerThread, listen
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.runtime_api import LARGEST_PAYLOAD

PREFERRED_PORT = 8000
REQUESTS_AT_ONCE = 16
OWN_HEADERS = frozenset({"connection", "host", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})
"""Headers of a request that API Gateway writes itself."""

Invoke = Callable[[dict[str, Any]], InvocationResult]


class API(Protocol):
    """A kind of API. `limit` is the longest time that it waits for the function."""

    @property
    def host(self) -> str: ...
    @property
    def stage(self) -> str: ...

    limit: ClassVar[timedelta]
    unknown: ClassVar[HttpAnswer]
    failed: ClassVar[HttpAnswer]
    too_late: ClassVar[HttpAnswer]

    def event(self, request: HttpRequest) -> dict[str, Any]: ...
    def answer(self, payload: Any) -> HttpAnswer: ...


class ApiGateway:
    """Context manager. `url` is the stage's address; it is known as soon as the gateway is made.

    To the function all is as on AWS: the API's own host, and https. The client is on plain http, so its addresses in
    the headers Origin and Referer are exchanged for the API's, and in an answer's Location back again.
    """

    def __init__(self, api: API, invoke: Invoke) -> None:
        server = listen(partial(_Server, RequestHandlerClass=_Handler), PREFERRED_PORT)
        server.gateway = self
        self._serving = ServerThread(server)
        self._api = api
        self._invoke = invoke
        self._invocations = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="API Gateway")

    @property
    def url(self) -> str:
        """Return the stage's address, without a slash at the end."""
        return f"{self._serving.url}/{self._api.stage}"

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.stop()
        self._invocations.shutdown(wait=False, cancel_futures=True)

    def handle(self, request: HttpRequest) -> HttpAnswer:
        """Return the function's response to a request."""
        if not f"{request.path}/".startswith(f"/{self._api.stage}/"):
            return self._api.unknown
        event = self._api.event(self._as_on_aws(request))
        if len(json.dumps(event)) > LARGEST_PAYLOAD:
            return HttpAnswer.message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Too Long")
        return self._as_here(self._answer(event))

    def _answer(self, event: dict[str, Any]) -> HttpAnswer:
        try:
            result = self._invocations.submit(self._invoke, event).result(self._api.limit.total_seconds())
            return self._api.failed if result.error else self._api.answer(result.payload)
        except TimeoutError:  # the function goes on
            return self._api.too_late
        except MalformedAnswer:
            return self._api.failed

    @property
    def origins(self) -> tuple[str, str]:
        """Return the origin that the function knows, and the one at which a client on this machine finds it."""
        return f"https://{self._api.host}", self._serving.url

    def _as_on_aws(self, request: HttpRequest) -> HttpRequest:
        on_aws, here = self.origins
        headers = [
            (name, value.replace(here, on_aws) if name in {"Origin", "Referer"} else value)
            for name, value in request.headers
            if name.lower() not in OWN_HEADERS
        ]
        forwarded = [*(value for name, value in request.headers if name.lower() == "x-forwarded-for"), request.client]
        own = [
            ("Host", self._api.host),
            ("X-Forwarded-For", ", ".join(forwarded)),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ]
        return HttpRequest(request.method, request.path, request.query, headers + own, request.body, request.client)

    def _as_here(self, answer: HttpAnswer) -> HttpAnswer:
        on_aws, here = self.origins
        headers: Headers = [
            (name, value.replace(on_aws, here) if name.lower() == "location" else value)
            for name, value in answer.headers
        ]
        return HttpAnswer(answer.status, headers, answer.body)


class _Server(LoopbackServer):
    gateway: ApiGateway


class _Handler(LoopbackHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True  # where its body ends is not known
            self._send(HttpAnswer.message(HTTPStatus.LENGTH_REQUIRED, "Length Required"))
            return
        body = self.rfile.read(int(length))
        client = str(self.client_address[0])
        request = HttpRequest(self.command, path, query, list(self.headers.items()), body, client)
        self._send(cast("_Server", self.server).gateway.handle(request))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _send(self, answer: HttpAnswer) -> None:
        self.send(answer.status, answer.headers, answer.body)
