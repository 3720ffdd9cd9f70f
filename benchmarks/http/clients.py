"""Requests as browsers and programs send them, and API Gateway's event for each."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test.utils import override_script_prefix
from django.urls import reverse

from benchmarks.http.site import Visitor
from infra.lambda_local.gateway.http_messages import Headers, HttpRequest
from infra.lambda_local.gateway.rest_api import RestAPI

STAGE = "dev"
API = RestAPI("local.execute-api.us-east-1.amazonaws.com", STAGE)
CLIENT = "203.0.113.7"
CSRF = "c" * 32
"""Secret of the form's token and of the cookie that it is compared with."""


def address(name: str, *arguments: Any) -> str:
    """Return the path of a view below the stage, regardless of the script prefix of the last request."""
    with override_script_prefix("/"):
        return reverse(name, args=arguments)


def browse(path: str, visitor: Visitor | None = None, form: dict[str, Any] | None = None) -> HttpRequest:
    """Return a GET of a page, or a POST of its form. `visitor` is signed in."""
    cookies = [f"csrftoken={CSRF}", *([f"sessionid={visitor.session}"] if visitor else [])]
    headers = [("Accept-Language", "en"), ("Cookie", "; ".join(cookies)), ("Origin", f"https://{API.host}")]
    if form is None:
        return _request("GET", path, headers)
    body = urlencode({"csrfmiddlewaretoken": CSRF} | form).encode()
    return _request("POST", path, [*headers, ("Content-Type", "application/x-www-form-urlencoded")], body)


def call(path: str, visitor: Visitor, body: Any = None, method: str = "POST") -> HttpRequest:
    """Return an API request with the visitor's token: GET, or JSON."""
    headers = [("Authorization", f"Token {visitor.token}")]
    if body is None:
        return _request("GET", path, headers)
    return _request(method, path, [*headers, ("Content-Type", "application/json")], json.dumps(body).encode())


def event(request: HttpRequest) -> dict[str, Any]:
    """Return the event of API Gateway's REST API, version 1."""
    return API.event(request)


def _request(method: str, path: str, headers: Headers, body: bytes = b"") -> HttpRequest:
    usual = [("Host", API.host), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", f"{CLIENT}, 130.176.0.1")]
    path, _, query = path.partition("?")
    if body:
        usual.append(("Content-Length", str(len(body))))  # without it Django reads no body under ASGI
    return HttpRequest(method, f"/{STAGE}{path}", query, [*usual, *headers], body, CLIENT)
