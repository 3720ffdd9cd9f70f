"""Client addresses cannot be forged."""

import json
from pathlib import Path
from typing import Any

import pytest

from foundation.web.client_address import client_address, client_network

EVENTS = Path(__file__).parents[2] / "events"
CLAIMED = {"REMOTE_ADDR": "203.0.113.1", "HTTP_X_FORWARDED_FOR": "203.0.113.1", "HTTP_SOURCEIP": "203.0.113.1"}


def event(name: str) -> dict[str, Any]:
    """Return one of AWS's sample events."""
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return read


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("apigateway-aws-proxy", "127.0.0.1"),
        ("apigateway-http-api-proxy", "192.168.0.1/32"),
        ("alb-request", "72.12.164.125"),
    ],
)
def test_gateway_says_who_asks(name: str, address: str) -> None:
    assert client_address(CLAIMED | {"lambda.event": event(name)}) == address


def test_load_balancer_adds_the_last_of_the_forwarded() -> None:
    made = event("alb-request")
    made["headers"]["x-forwarded-for"] = "203.0.113.1, 203.0.113.2, 72.12.164.125"
    assert client_address(CLAIMED | {"lambda.event": made}) == "72.12.164.125"


def test_load_balancer_with_several_values_a_header() -> None:
    made = event("alb-request")
    made["multiValueHeaders"] = {"x-forwarded-for": ["203.0.113.1", "72.12.164.125"]}
    del made["headers"]
    assert client_address(CLAIMED | {"lambda.event": made}) == "72.12.164.125"


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7:51234", "203.0.113.7/32"),
        ("198.51.100.1:1, 203.0.113.7:51234", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]:51234", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::6]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6:51234", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::6:443", "2001:db8:1:2::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_port_of_a_connection_makes_no_new_client(forwarded: str, network: str, *, several: bool) -> None:
    made = event("alb-request")
    made["headers"]["x-forwarded-for"] = forwarded
    if several:
        made["multiValueHeaders"] = {name: [value] for name, value in made.pop("headers").items()}
    assert client_network(CLAIMED | {"lambda.event": made}) == network


@pytest.mark.parametrize("headers", [{}, {"headers": {}}, {"headers": None}, {"multiValueHeaders": {}}])
def test_load_balancer_that_tells_no_address(headers: dict[str, Any]) -> None:
    context = event("alb-request")["requestContext"]
    assert client_network(CLAIMED | {"lambda.event": {"requestContext": context} | headers}) == ""


def test_console_of_api_gateway_tells_no_address() -> None:
    assert client_network(CLAIMED | {"lambda.event": event("apigateway-console-test")}) == "test-invoke-source-ip"


def test_elsewhere_it_is_the_peer() -> None:
    assert client_address(CLAIMED | {"REMOTE_ADDR": "127.0.0.1"}) == "127.0.0.1"
