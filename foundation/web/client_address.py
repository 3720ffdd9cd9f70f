"""Who is at the other end of a request, told by those whom a client cannot speak for."""

import ipaddress
from collections.abc import Mapping
from typing import Any

IPV6_CUSTOMER = 64
"""Bits. A customer of an IPv6 provider holds at least such a network (RFC 6177), and can change addresses in it."""


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the client's address, from the WSGI environment; empty where the load balancer does not tell it.

    Under Zappa it is the one that API Gateway saw, or that the load balancer added last to X-Forwarded-For; elsewhere
    the peer's. Zappa's own REMOTE_ADDR is out of a header that the client writes.
    """
    event = environ.get("lambda.event")
    return _address_in(event) if event else str(environ["REMOTE_ADDR"])


def client_network(environ: Mapping[str, Any]) -> str:
    """What one client certainly holds of addresses: with IPv6 a network, in which they can take any."""
    address = client_address(environ)
    if not _is_address(address):  # "test-invoke-source-ip", from API Gateway's console
        return address
    parsed = ipaddress.ip_address(address)
    prefix = IPV6_CUSTOMER if parsed.version == 6 else parsed.max_prefixlen
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _address_in(event: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, services-alb.html"""
    context = event["requestContext"]
    if "http" in context:
        return str(context["http"]["sourceIp"])
    if "identity" in context:
        return str(context["identity"].get("sourceIp", ""))
    return _added_by_load_balancer(event)


def _added_by_load_balancer(event: Mapping[str, Any]) -> str:
    """Empty where the load balancer's routing.http.xff_header_processing.mode is `remove`: all clients are then one."""
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    forwarded: list[str] = headers.get("x-forwarded-for") or [""]
    return _without_port(forwarded[-1].rpartition(",")[-1].strip())


def _without_port(address: str) -> str:
    """`routing.http.xff_client_port.enabled` appends the port, which differs from connection to connection.

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
