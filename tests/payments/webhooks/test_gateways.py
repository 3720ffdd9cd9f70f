"""Webhooks through the function's gateways: the bytes that Stripe signed arrive as they were sent."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from infra.local.lambda_function import LambdaFunction
from payments.models import WebhookMessage
from tests.payments.webhooks.signed_events import ADDRESS, encoded, event, signature
from tests.support.gateway import GATEWAYS, Gateway, Request

pytestmark = pytest.mark.django_db(transaction=True)

Invoke = Callable[[Any], dict[str, Any]]


class Context:
    """Part of Lambda's context that a request uses."""

    aws_request_id = "the-invocation"


def bodies() -> dict[str, bytes]:
    """Return signed bodies in which a byte is easily lost."""
    said = event("ping", {"object": "x", "text": "ä€😀 \\u00e4 \\/"})
    return {
        "UTF-8": encoded(said),
        "CRLF": encoded(said).replace(b"\n", b"\r\n"),
        "blanks around": b" \r\n\t" + encoded(said) + b"\n\n",
        "200 KB": encoded(event("ping", {"object": "x", "text": "ä€😀" * 22_000})),
    }


BODIES = bodies()


@pytest.fixture
def invoke(lambda_function: LambdaFunction) -> Invoke:
    """Return a call of the function's handler as by Lambda."""
    from config.aws_lambda import handler  # noqa: PLC0415 - once the fixture has made Zappa's settings

    return lambda event: dict(handler.lambda_handler(event, Context()))  # type: ignore[arg-type] # a part of it


def sent(gateway: Gateway, body: bytes, header: str, *, in_base64: bool) -> dict[str, Any]:
    """Return the event of the request. API Gateway encodes by the stage's binary types, a load balancer by the type."""
    headers = {
        "Host": gateway.host,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "3.18.12.63",
    }
    request = Request("POST", f"{gateway.prefix}{ADDRESS}", "", headers, "")
    text = base64.b64encode(body).decode() if in_base64 else body.decode()
    return gateway.event(gateway, request) | {"body": text, "isBase64Encoded": in_base64}


@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "text"])
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.name)
def test_signed_bytes_arrive_and_one_flipped_bit_is_refused(
    gateway: Gateway, name: str, in_base64: bool, invoke: Invoke
) -> None:
    body = BODIES[name]
    header = signature(body, at=int(time.time()))
    flipped = body[:-9] + bytes([body[-9] ^ 1]) + body[-8:]
    with override_settings(ALLOWED_HOSTS=[gateway.host]):
        answer = invoke(sent(gateway, body, header, in_base64=in_base64))
        assert (answer["statusCode"], WebhookMessage.objects.count()) == (200, 1)
        with CaptureQueriesContext(connection) as queries:
            refused = invoke(sent(gateway, flipped, header, in_base64=in_base64))
    assert (refused["statusCode"], list(queries)) == (400, [])
    assert WebhookMessage.objects.count() == 1
