"""Gateways of the function: both API Gateway kinds and a load balancer, from AWS's own sample events.

A `Browser` uses one of them as browsers do: it keeps cookies by path, and knows nothing of stages.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

SAMPLES = Path(__file__).parents[1] / "events"
OWN_HOST = "abcdef1234.execute-api.us-east-1.amazonaws.com"
DOMAIN = "subscriptions.example.com"

KEPT_AS_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
"""Body types that a load balancer forwards unencoded, from its documentation."""

Event = dict[str, Any]
Invoke = Callable[[Event], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """HTTP request; `path` is the browser's, including a stage prefix."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str


Headers = list[tuple[str, str]]
"""Header lines of a response, names as sent."""


@dataclass(frozen=True)
class Gateway:
    """Gateway. `prefix` is the stage's, as the browser sees it; `headers` extracts those of a function's response."""

    name: str
    host: str
    prefix: str
    event: Callable[["Gateway", Request], Event]
    headers: Callable[[dict[str, Any]], Headers]


@dataclass(frozen=True)
class Answer:
    """HTTP response. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    cookies: list[Morsel[str]]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def addresses(self) -> list[str]:
        """Return the URLs of the page's links, forms, style sheets and images."""
        return [html.unescape(found) for found in re.findall(r'(?:href|src|action)="([^"]*)"', self.text)]


def rest_api(gateway: Gateway, request: Request) -> Event:
    """Return a REST API's event. Its path lacks the stage, except in the context."""
    event = _sample("apigateway-aws-proxy")
    path = _without(gateway.prefix, request.path)
    context = event["requestContext"] | {"path": request.path, "httpMethod": request.method, "stage": "dev"}
    return event | _query(request) | _headers(request) | _body(request) | {
        "path": path, "httpMethod": request.method, "requestContext": context, "stageVariables": None,
    }  # fmt: skip


def http_api(gateway: Gateway, request: Request) -> Event:
    """Return an HTTP API's event. Its path has the stage, unless that is `$default`; cookies are separate."""
    event = _sample("apigateway-http-api-proxy")
    stage = gateway.prefix.lstrip("/") or "$default"
    http = event["requestContext"]["http"] | {"method": request.method, "path": request.path}
    headers = {name.lower(): value for name, value in request.headers.items() if name != "Cookie"}
    event.pop("queryStringParameters")
    event.pop("stageVariables")
    return event | _body(request) | {
        "rawPath": request.path,
        "rawQueryString": request.query,
        "cookies": [cookie for cookie in request.headers.get("Cookie", "").split("; ") if cookie],
        "headers": headers,
        "requestContext": event["requestContext"] | {"http": http, "stage": stage, "authorizer": {}},
    }  # fmt: skip


def load_balancer(gateway: Gateway, request: Request) -> Event:
    """Return a load balancer's default event: only the last value of a repeated name.

    "If the query parameters are URL-encoded, the load balancer does not decode them."
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """
    event = _sample("alb-request")
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = {name: values[-1] for name, values in _encoded_values(request.query).items()}
    return event | _body_by_type(request) | {
        "path": request.path, "httpMethod": request.method, "headers": headers, "queryStringParameters": query,
    }  # fmt: skip


def load_balancer_of_zappa(gateway: Gateway, request: Request) -> Event:
    """Return a load balancer's event with lambda.multi_value_headers.enabled, which Zappa sets."""
    event = load_balancer(gateway, request)
    event.pop("queryStringParameters")
    headers = {name: [value] for name, value in event.pop("headers").items()}
    return event | {"multiValueHeaders": headers, "multiValueQueryStringParameters": _encoded_values(request.query)}


def rest_headers(result: dict[str, Any]) -> Headers:
    """Return the headers of both members, merged.

    "If the same key-value pair is specified in both, only the values from multiValueHeaders" are used:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    several = several_headers(result)
    return several + [pair for pair in single_headers(result) if pair not in several]


def http_headers(result: dict[str, Any]) -> Headers:
    """Return the headers, with one for each cookie."""
    return single_headers(result) + [("set-cookie", cookie) for cookie in result.get("cookies") or []]


def single_headers(result: dict[str, Any]) -> Headers:
    """Return the headers as a load balancer without multi-value headers does: `headers` only."""
    return list((result.get("headers") or {}).items())


def several_headers(result: dict[str, Any]) -> Headers:
    """Return the headers as a load balancer with multi-value headers does: "You must use multiValueHeaders"."""
    return [(name, value) for name, values in (result.get("multiValueHeaders") or {}).items() for value in values]


GATEWAYS = [
    Gateway("REST API, stage", OWN_HOST, "/dev", rest_api, rest_headers),
    Gateway("REST API, domain", DOMAIN, "", rest_api, rest_headers),
    Gateway("HTTP API, stage", OWN_HOST, "/dev", http_api, http_headers),
    Gateway("HTTP API, domain", DOMAIN, "", http_api, http_headers),
    Gateway("load balancer", DOMAIN, "", load_balancer, single_headers),
    Gateway("load balancer of Zappa", DOMAIN, "", load_balancer_of_zappa, several_headers),
]


@dataclass
class Browser:
    """Client of the function through a gateway. `headers` are added to each request."""

    gateway: Gateway
    invoke: Invoke
    headers: dict[str, str] = field(default_factory=dict)
    jar: dict[str, Morsel[str]] = field(default_factory=dict)

    def get(self, address: str) -> Answer:
        """GET without following redirects."""
        return self._send("GET", address, "")

    def follow(self, address: str) -> Answer:
        """GET and follow redirects."""
        return self._follow(address, self.get(address))

    def post(self, address: str, body: str) -> Answer:
        """POST exactly these form fields without following redirects."""
        return self._send("POST", address, body)

    def submit(self, address: str, page: Answer, **fields: str) -> Answer:
        """POST a form of the page as a browser would, with its hidden token, and follow redirects."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        hidden = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self._follow(address, self._send("POST", address, urlencode(hidden | fields)))

    def _follow(self, address: str, answer: Answer) -> Answer:
        return self.follow(urljoin(address, answer.headers["location"])) if answer.status == 302 else answer

    def _send(self, method: str, address: str, body: str) -> Answer:
        parts = urlsplit(address)
        assert not parts.netloc, f"{address} leaves the site"
        assert parts.path.startswith(f"{self.gateway.prefix}/"), f"{address} is not below the stage"
        request = Request(method, parts.path, parts.query, self._headers(parts.path), body)
        answer = _answer(self.gateway, self.invoke(self.gateway.event(self.gateway, request)))
        self.jar.update({morsel.key: morsel for morsel in answer.cookies})
        return answer

    def _headers(self, path: str) -> dict[str, str]:
        origin = f"https://{self.gateway.host}"
        cookies = [f"{name}={morsel.value}" for name, morsel in self.jar.items() if _covers(morsel["path"], path)]
        return {
            "Host": self.gateway.host,
            "Origin": origin,
            "Referer": f"{origin}{path}",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.7, 130.176.0.1",
            "Cookie": "; ".join(cookies),
        } | self.headers


def _covers(cookie_path: str, path: str) -> bool:
    """Return True if the cookie path matches, https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4."""
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")


def _answer(gateway: Gateway, result: dict[str, Any]) -> Answer:
    lines = [(name.lower(), value) for name, value in gateway.headers(result)]
    cookies = [morsel for name, value in lines if name == "set-cookie" for morsel in SimpleCookie(value).values()]
    names = [cookie.key for cookie in cookies]
    assert len(set(names)) == len(names), f"sent more than once: {names}"
    body = result.get("body") or ""
    content = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    return Answer(result["statusCode"], dict(lines), cookies, content)


def _sample(name: str) -> Event:
    event: Event = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def _without(prefix: str, path: str) -> str:
    return path.removeprefix(prefix)


def _values(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return values


def _encoded_values(query: str) -> dict[str, list[str]]:
    """Return the values as the client sent them."""
    values: dict[str, list[str]] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        values.setdefault(name, []).append(value)
    return values


def _query(request: Request) -> Event:
    values = _values(request.query)
    single = {name: several[-1] for name, several in values.items()}
    return {"queryStringParameters": single or None, "multiValueQueryStringParameters": values or None}


def _headers(request: Request) -> Event:
    return {"headers": dict(request.headers), "multiValueHeaders": {k: [v] for k, v in request.headers.items()}}


def _body(request: Request) -> Event:
    return {"body": base64.b64encode(request.body.encode()).decode(), "isBase64Encoded": True}


def _body_by_type(request: Request) -> Event:
    """Return text and three kinds of application data unchanged, other bodies in base64."""
    if request.headers.get("Content-Type", "").startswith(KEPT_AS_TEXT):
        return {"body": request.body, "isBase64Encoded": False}
    return _body(request)
