"""HTTP requests as Lambda events: HTTP API and function URL (payload 2.0), REST API (1.0), Application Load Balancer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings

Event = dict[str, Any]


def is_http(event: Event) -> bool:
    """Return True if Zappa's handler treats the event as an HTTP request."""
    return event.get("version") == "2.0" or bool(event.get("httpMethod"))


def is_readable(event: Event) -> bool:
    """Return True if the request has all the fields that Zappa and this service read.

    VPC Lattice also says "version 2.0", and Bedrock agents send an `httpMethod`: Zappa would answer both with status
    500, which Lambda counts as a success. Only `type` tells an authorizer's request from a client's.
    """
    context = event.get("requestContext")
    if not isinstance(context, Mapping) or "type" in event or not isinstance(event.get("body"), str | None):
        return False
    return _is_payload_2(event, context) if event.get("version") == "2.0" else _is_payload_1(event, context)


def is_load_balancer(event: Mapping[str, Any]) -> bool:
    """Return True if the request comes from a load balancer."""
    return "elb" in event["requestContext"]


def takes_one_value_per_header(event: Mapping[str, Any]) -> bool:
    """Return True if response header names must be unique: a load balancer without multi-value headers."""
    return is_load_balancer(event) and "multiValueHeaders" not in event


def normalised(event: Event) -> Event:
    """Return the request in the form Zappa reads correctly, or the same object if no change is needed.

    Drops `stageVariables`, which Zappa would write into the environment. Decodes the query, which a load balancer
    forwards as sent and Zappa encodes again. Adds our host if the event names none: a load balancer's health check
    sends only a user agent, a test in API Gateway's console no header at all.
    """
    changes: Event = {}
    if is_load_balancer(event):
        changes |= _decoded_query(event)
    if not _names_host(event):
        changes |= _with_host(event, _own_host())
    kept = {key: value for key, value in event.items() if key != "stageVariables" or not value}
    return kept | changes if changes or len(kept) < len(event) else event


def _is_payload_2(event: Event, context: Mapping[str, Any]) -> bool:
    http = context.get("http")
    return (
        isinstance(http, Mapping)
        and all(isinstance(http.get(key), str) for key in ("method", "sourceIp"))
        and isinstance(event.get("rawPath"), str)
        and isinstance(event.get("rawQueryString", ""), str)
        and isinstance(event.get("headers"), Mapping)
        and _is_text_by_name(event["headers"])
        and _is_list_of_text(event.get("cookies", []))
    )


def _is_payload_1(event: Event, context: Mapping[str, Any]) -> bool:
    return (
        any(isinstance(context.get(key), Mapping) for key in ("elb", "identity"))
        and all(isinstance(event.get(key), str) for key in ("httpMethod", "path"))
        and all(_is_text_by_name(event.get(key)) for key in ("headers", "queryStringParameters"))
        and all(_is_lists_by_name(event.get(key)) for key in ("multiValueHeaders", "multiValueQueryStringParameters"))
    )


def _is_text_by_name(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()))


def _is_lists_by_name(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and all(map(_is_list_of_text, value.values())))


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _decoded_query(event: Event) -> Event:
    decoded: Event = {}
    if query := event.get("queryStringParameters"):
        decoded["queryStringParameters"] = {unquote_plus(name): unquote_plus(value) for name, value in query.items()}
    if several := event.get("multiValueQueryStringParameters"):
        decoded["multiValueQueryStringParameters"] = _decoded_lists(several)
    return decoded


def _decoded_lists(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Merge different spellings of a name into one list."""
    decoded: dict[str, list[str]] = {}
    for name, values in query.items():
        decoded.setdefault(unquote_plus(name), []).extend(map(unquote_plus, values))
    return decoded


def _names_host(event: Event) -> bool:
    headers = {**(event.get("multiValueHeaders") or {}), **(event.get("headers") or {})}
    return any(name.lower() == "host" for name in headers)


def _own_host() -> str:
    """Return the first allowed host.

    A leading dot stands for subdomains and the domain itself; `*` is refused at the start.
    """
    return str(settings.ALLOWED_HOSTS[0]).removeprefix(".")


def _with_host(event: Event, host: str) -> Event:
    """Set the host in each kind of headers that the event has; a REST API sends both."""
    name = "host" if is_load_balancer(event) else "Host"
    changes: Event = {}
    if "multiValueHeaders" in event:
        changes["multiValueHeaders"] = (event["multiValueHeaders"] or {}) | {name: [host]}
    if "headers" in event or not changes:
        changes["headers"] = (event.get("headers") or {}) | {name: host}
    return changes
