"""Who is at the other end of a request, told by those whom a client cannot speak for."""

import ipaddress
from collections.abc import Mapping
from typing import Any

IPV6_CUSTOMER = 64
"""Bits. A customer of an IPv6 provider holds at least such a network (RFC 6177), and can change addresses in it."""


def client_address(environ: Mapping[str, Any]) -> str:
    """The client's address, from the WSGI environment.

    Under Zappa it is the one that API Gateway saw, or that the load balancer added last to X-Forwarded-For; elsewhere
    the peer's. Zappa's own REMOTE_ADDR is out of a header that the client writes.
    """
    event = environ.get("lambda.event")
    return _address_in(event) if event else str(environ["REMOTE_ADDR"])


def client_network(environ: Mapping[str, Any]) -> str:
    """What one client certainly holds of addresses: with IPv6 a network, in which they can take any."""
    address = client_address(environ)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # "test-invoke-source-ip", from API Gateway's console
        return address
    prefix = IPV6_CUSTOMER if parsed.version == 6 else parsed.max_prefixlen
    return str(ipaddress.ip_network((address, prefix), strict=False))


def _address_in(event: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, services-alb.html"""
    context = event["requestContext"]
    if "http" in context:
        return str(context["http"]["sourceIp"])
    if "identity" in context:
        return str(context["identity"]["sourceIp"])
    return _added_by_load_balancer(event)


def _added_by_load_balancer(event: Mapping[str, Any]) -> str:
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in event["headers"].items()}
    return str(headers["x-forwarded-for"][-1].rpartition(",")[-1].strip())
