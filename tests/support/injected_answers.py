"""Answers of AWS's in the way of the local AWS: an error, another body, one that is lost, or something beforehand.

They sit in the server, so that Zappa and other processes get them too. Operations are named as boto3's models name
them, after the service's endpoint prefix or its name in boto3: `lambda.PublishVersion`, `cloudformation.CreateStack`.
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
"""https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html"""
MODELS = {"monitoring": "cloudwatch", "ses": "sesv2"}
"""Boto3's names for services that sign under another one, as far as the project calls them."""
LOST = 504
"""Status of an answer that never came; a client that may repeat does so."""

ANY = "*"
"""Stands for every operation."""

Alter = Callable[[bytes], bytes]
Hook = Callable[[], object]


@dataclass
class Injection:
    """One thing that happens to calls of an operation. `skip` calls pass first, then it happens `times` times."""

    operation: str
    times: int
    skip: int = 0
    before: Hook | None = None
    answer: Callable[[ServiceModel], Response] | None = None
    """In the place of the local AWS's answer."""
    performed: bool = False
    """True if the local AWS does what is asked, although its answer is not given."""
    alter: Alter | None = None

    def takes(self, operation: str) -> bool:
        """Return True if it happens to this call, and count it."""
        if self.operation not in (operation, ANY) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class InjectedAnswers:
    """A layer of WSGI around the local AWS. `calls` are the operations that were asked for, in order."""

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
        """Answer with an error of AWS's, in the protocol of the service, and do nothing."""
        self._injections.append(
            Injection(operation, times, skip, answer=lambda model: _error(model, code, message, status))
        )

    def lose(self, operation: str, *, times: int = 1, skip: int = 0) -> None:
        """Do what is asked, and lose the answer."""
        self._injections.append(
            Injection(operation, times, skip, answer=lambda _: Response(status=LOST), performed=True)
        )

    def alter(self, operation: str, alter: Alter, *, times: int = 1, skip: int = 0) -> None:
        """Change the body of the answer."""
        self._injections.append(Injection(operation, times, skip, alter=alter))

    def before(self, operation: str, hook: Hook, *, times: int = 1, skip: int = 0) -> None:
        """Do something else first, such as what another person does at that moment."""
        self._injections.append(Injection(operation, times, skip, before=hook))

    def forget(self) -> None:
        """Inject nothing more."""
        self._injections.clear()
        self.calls.clear()
        self.regions.clear()

    def around(self, application: "WSGIApplication") -> "WSGIApplication":
        """Put this layer around the server's application."""

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
    """Return AWS's description of a service, by the name that requests to it are signed for."""
    return botocore.session.get_session().get_service_model(MODELS.get(signing_name, signing_name))


def _operation(model: ServiceModel, request: Request) -> str:
    """Return the operation's name; empty where the service has no such one."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if called := RPC_PATH.fullmatch(request.path):
        return called[1]
    if model.metadata["protocol"] in {"query", "ec2"}:
        return request.args.get("Action") or parse_qs(_body(request)).get("Action", [""])[0]
    return next((route.name for route in _routes(model) if route.matches(request)), "")


def _body(request: Request) -> str:
    """Return the body, and leave it to be read once more."""
    body = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(body)
    return body.decode()


@dataclass(frozen=True)
class Route:
    """An operation of a service that speaks REST, by all that tells it from others on the same path."""

    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    headers: frozenset[str]

    def matches(self, request: Request) -> bool:
        """Return True if the request asks for it, or for a more particular operation."""
        return bool(
            request.method == self.method
            and self.path.fullmatch(request.path)
            and self.query <= set(request.args)
            and all(header in request.headers for header in self.headers)
        )

    @property
    def particularity(self) -> tuple[int, int]:
        """Return a larger value for one that asks for more."""
        return len(self.query) + len(self.headers), len(self.path.pattern)


@cache
def _routes(model: ServiceModel) -> list[Route]:
    """Return the most particular ones first."""
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
