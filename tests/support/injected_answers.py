"""Responses injected into the local AWS: errors, changed bodies, lost responses, or actions beforehand.

They are injected in the server, so that Zappa and other processes get them too. Operations have boto3's names after the
service's endpoint prefix or boto3 name: `lambda.PublishVersion`, `cloudformation.CreateStack`.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import OperationModel, ServiceModel
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
RPC_PATH = re.compile(r"/service/\w+/operation/(\w+)")
"""Path of requests, https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html."""
MODELS = {"monitoring": "cloudwatch", "ses": "sesv2"}
"""boto3's names of services that sign under another one, as far as used."""
LOST = 504
"""Status of a lost response; a client that may retry does so."""

ANY = "*"
"""Placeholder for every operation."""

Alter = Callable[[bytes], bytes]
Hook = Callable[[], object]


@dataclass
class Injection:
    """Injection into calls of an operation. After `skip` calls it happens `times` times."""

    operation: str
    times: int
    skip: int = 0
    before: Hook | None = None
    answer: Callable[[ServiceModel], Response] | None = None
    """Response instead of the local AWS's own."""
    performed: bool = False
    """True if the local AWS performs the call although its response is replaced."""
    alter: Alter | None = None

    def takes(self, operation: str) -> bool:
        """Return True if the injection applies to this call, and count it."""
        if self.operation not in (operation, ANY) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class InjectedAnswers:
    """WSGI layer around the local AWS. `calls` are the requested operations in order."""

    calls: list[str] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)
    _injections: list[Injection] = field(default_factory=list)

    def refuse(
        self,
        operation: str,
        code: str,
        message: str = "said by a test",
        *,
        status: int = 400,
        times: int = 1,
        skip: int = 0,
    ) -> None:
        """Respond with an AWS error in the protocol of the service, without performing the call."""
        self._injections.append(
            Injection(operation, times, skip, answer=lambda model: _error(model, code, message, status))
        )

    def lose(self, operation: str, *, times: int = 1, skip: int = 0) -> None:
        """Perform the call, and lose its response."""
        self._injections.append(
            Injection(operation, times, skip, answer=lambda _: Response(status=LOST), performed=True)
        )

    def alter(self, operation: str, alter: Alter, *, times: int = 1, skip: int = 0) -> None:
        """Change the body of the response."""
        self._injections.append(Injection(operation, times, skip, alter=alter))

    def before(self, operation: str, hook: Hook, *, times: int = 1, skip: int = 0) -> None:
        """Run an action first, such as another person's change."""
        self._injections.append(Injection(operation, times, skip, before=hook))

    def forget(self) -> None:
        """Remove all injections."""
        self._injections.clear()
        self.calls.clear()
        self.regions.clear()

    def around(self, application: "WSGIApplication") -> "WSGIApplication":
        """Wrap the server's application in this layer."""

        def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            return self._answer(application, Request(environ))(environ, start_response)

        return serve

    def _answer(self, application: "WSGIApplication", request: Request) -> "WSGIApplication":
        signed = SIGNED_FOR.search(request.headers.get("Authorization", ""))
        if signed is None:
            return application
        model = service_model(signed["service"])
        operation = f"{signed['service']}.{_operation(model, request)}"
        self.calls.append(operation)
        self.regions.add(signed["region"])
        happening = [injection for injection in self._injections if injection.takes(operation)]
        return self._happen(happening, application, request, model)

    @staticmethod
    def _happen(
        happening: list[Injection], application: "WSGIApplication", request: Request, model: ServiceModel
    ) -> "WSGIApplication":
        for injection in happening:
            if injection.before:
                injection.before()
        answers = [injection for injection in happening if injection.answer]
        if any(injection.performed for injection in answers):
            Response.from_app(application, request.environ)
        for injection in answers:
            if injection.answer:
                return injection.answer(model)
        alters = [injection.alter for injection in happening if injection.alter]
        if not alters:
            return application
        answer = Response.from_app(application, request.environ)
        for alter in alters:
            answer.set_data(alter(answer.get_data()))
        return answer


@cache
def service_model(signing_name: str) -> ServiceModel:
    """Return AWS's description of a service by its signing name."""
    return botocore.session.get_session().get_service_model(MODELS.get(signing_name, signing_name))


def _operation(model: ServiceModel, request: Request) -> str:
    """Return the operation's name, or "" if the service has none."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if called := RPC_PATH.fullmatch(request.path):
        return called[1]
    if model.metadata["protocol"] in {"query", "ec2"}:
        return request.args.get("Action") or parse_qs(_body(request)).get("Action", [""])[0]
    return next((route.name for route in _routes(model) if route.matches(request)), "")


def _body(request: Request) -> str:
    """Return the body without consuming it."""
    body = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(body)
    return body.decode()


@dataclass(frozen=True)
class Route:
    """REST operation of a service, with everything that distinguishes it on the same path."""

    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    headers: frozenset[str]

    def matches(self, request: Request) -> bool:
        """Return True if the request is for this operation or a more specific one."""
        return bool(
            request.method == self.method
            and self.path.fullmatch(request.path)
            and self.query <= set(request.args)
            and all(header in request.headers for header in self.headers)
        )

    @property
    def particularity(self) -> tuple[int, int]:
        """Return a larger value for a more specific operation."""
        return len(self.query) + len(self.headers), len(self.path.pattern)


@cache
def _routes(model: ServiceModel) -> list[Route]:
    """Return the most specific routes first."""
    routes = [_route(model.operation_model(name)) for name in model.operation_names]
    return sorted(routes, key=lambda route: route.particularity, reverse=True)


def _route(operation: OperationModel) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{[^}]*?\+\\\}", ".+", re.escape(path.rstrip("/")))
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    placed = [(member.serialization.get("location"), member.serialization.get("name", "")) for member in members]
    return Route(
        operation.name,
        operation.http["method"],
        re.compile(re.sub(r"\\\{[^}]*?\\\}", "[^/]+", pattern) + "/?"),
        frozenset(parse_qs(query, keep_blank_values=True)) | {name for place, name in placed if place == "querystring"},
        frozenset(name for place, name in placed if place == "header"),
    )


def _error(model: ServiceModel, code: str, message: str, status: int) -> Response:
    protocol = model.metadata["protocol"]
    if protocol in {"query", "ec2", "rest-xml"}:
        told = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        body = (
            told if protocol == "rest-xml" else f"<ErrorResponse>{told}<RequestId>injected</RequestId></ErrorResponse>"
        )
        return Response(body, status, content_type="text/xml")
    told = json.dumps({"__type": code, "message": message, "Message": message})
    return Response(told, status, {"x-amzn-errortype": code}, content_type="application/json")
