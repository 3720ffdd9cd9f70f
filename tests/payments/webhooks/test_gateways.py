"""Webhooks through the function's gateways: the bytes that Stripe signed arrive as they were sent."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from infra.local.lambda_function import LambdaFunction
from payments.models import WebhookMessage
from tests.payments.webhooks.gateway_events import BODIES, webhook_event, with_a_flipped_bit
from tests.payments.webhooks.signed_events import signature
from tests.support.gateway import GATEWAYS, Gateway

pytestmark = pytest.mark.django_db(transaction=True)

Invoke = Callable[[Any], dict[str, Any]]


class Context:
    """Part of Lambda's context that a request uses."""

    aws_request_id = "the-invocation"


@pytest.fixture
def invoke(lambda_function: LambdaFunction) -> Invoke:
    """Return a call of the function's handler as by Lambda."""
    from config.aws_lambda import handler  # noqa: PLC0415 - once the fixture has made Zappa's settings

    return lambda event: dict(handler.lambda_handler(event, Context()))  # type: ignore[arg-type] # a part of it


@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "text"])
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.name)
def test_signed_bytes_arrive_and_one_flipped_bit_is_refused(
    gateway: Gateway, name: str, in_base64: bool, invoke: Invoke
) -> None:
    body = BODIES[name]
    header = signature(body, at=int(time.time()))
    flipped = with_a_flipped_bit(body)
    with override_settings(ALLOWED_HOSTS=[gateway.host]):
        answer = invoke(webhook_event(gateway, body, header, in_base64=in_base64))
        assert (answer["statusCode"], WebhookMessage.objects.count()) == (200, 1)
        with CaptureQueriesContext(connection) as queries:
            refused = invoke(webhook_event(gateway, flipped, header, in_base64=in_base64))
    assert (refused["statusCode"], list(queries)) == (400, [])
    assert WebhookMessage.objects.count() == 1
