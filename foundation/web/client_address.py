"""Client IP address of a request, from sources that the client cannot forge."""

import ipaddress
from collections.abc import Mapping
from typing import Any

IPV6_CUSTOMER = 64
"""Bits. An IPv6 customer has at least such a network (RFC 6177) and can switch addresses within it."""


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the client's IP address from the WSGI environment, or "" if the load balancer omits it.

    Under Zappa it is the one seen by API Gateway, or the last one in X-Forwarded-For, which the load balancer added;
    elsewhere the peer's. Zappa's own REMOTE_ADDR comes from a header that the client controls.
    """
    event = environ.get("lambda.event")
    return _address_in(event) if event else str(environ["REMOTE_ADDR"])


def client_network(environ: Mapping[str, Any]) -> str:
    """Return the network that one client controls: an IPv4 address, or an IPv6 network."""
    address = client_address(environ)
    if not _is_address(address):  # "test-invoke-source-ip", from API Gateway's console
        return address
    parsed = ipaddress.ip_address(address)
    prefix = IPV6_CUSTOMER if parsed.version == 6 else parsed.max_prefixlen
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _address_in(event: Mapping[str, Any]) -> str:
    """Return the address in the event.

    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, services-alb.html
    """
    context = event["requestContext"]
    if "http" in context:
        return str(context["http"]["sourceIp"])
    if "identity" in context:
        return str(context["identity"].get("sourceIp", ""))
    return _added_by_load_balancer(event)


def _added_by_load_balancer(event: Mapping[str, Any]) -> str:
    """Return the address added by the load balancer.

    It is empty if routing.http.xff_header_processing.mode is `remove`: all clients then share one limit.
    """
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    forwarded: list[str] = headers.get("x-forwarded-for") or [""]
    return _without_port(forwarded[-1].rpartition(",")[-1].strip())


def _without_port(address: str) -> str:
    """Strip the port that `routing.http.xff_client_port.enabled` appends; it differs per connection.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    if _is_address(address):
        return address
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    return host if _is_address(host) else address.removeprefix("[").removesuffix("]")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
