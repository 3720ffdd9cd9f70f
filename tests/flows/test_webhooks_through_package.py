"""Webhooks through the deployed zip: a signed body is stored, and a changed one reaches no database."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.packaging.zappa_stage import ZappaStage
from payments.models import WebhookMessage
from tests.flows.deployed_function import QUICK, create_secret, succeeded
from tests.payments.webhooks.gateway_events import BODIES, webhook_event, with_a_flipped_bit
from tests.payments.webhooks.signed_events import SECRET, signature
from tests.support.gateway import DOMAIN, GATEWAYS, OWN_HOST, Gateway

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

PAYING = {
    "PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRETS": SECRET,
    "ALLOWED_HOSTS": f"{DOMAIN},{OWN_HOST}",
}
NOBODY = "postgres://user:password@127.0.0.1:1/none"
"""Database that no query reaches."""


@pytest.fixture
def service(function: FunctionConfiguration, aws: object, django_db_setup: None) -> Iterator[LambdaService]:
    """Yield the function with payments switched on."""
    create_secret()
    paying = replace(function, environment={**function.environment, **PAYING})
    with LambdaService([paying], concurrency=1, retry_delays=QUICK) as service:
        yield service


@pytest.fixture(scope="module")
def service_without_database(function: FunctionConfiguration) -> Iterator[LambdaService]:
    """Yield the function with payments switched on, and a database that cannot be reached."""
    own = {"SECRET_ARN": "", "SECRET_KEY": "s" * 50, "DATABASE_URL": NOBODY, "DATABASE_CONNECT_SECONDS": "2"}
    with LambdaService(
        [replace(function, environment={**function.environment, **PAYING, **own})], concurrency=1, retry_delays=QUICK
    ) as service:
        yield service


def status(service: LambdaService, stage: ZappaStage, event: Any) -> int:
    """Return the status of the function's answer."""
    return int(succeeded(service.invoke(stage.lambda_name, event))["statusCode"])


REQUESTS = [
    (gateway, body, in_base64) for gateway, body, in_base64 in product(GATEWAYS, BODIES.values(), (True, False))
]


def test_signed_body_becomes_one_row_and_a_flipped_bit_none(service: LambdaService, stage: ZappaStage) -> None:
    for gateway, body, in_base64 in REQUESTS:
        WebhookMessage.objects.all().delete()
        header = signature(body)
        flipped = webhook_event(gateway, with_a_flipped_bit(body), header, in_base64=in_base64)
        assert (status(service, stage, flipped), WebhookMessage.objects.count()) == (400, 0)
        signed = webhook_event(gateway, body, header, in_base64=in_base64)
        assert [status(service, stage, signed) for _time in range(2)] == [200, 200]
        assert WebhookMessage.objects.count() == 1


@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.name)
def test_flipped_bit_is_refused_without_the_database(
    gateway: Gateway, service_without_database: LambdaService, stage: ZappaStage
) -> None:
    body = BODIES["UTF-8"]
    header = signature(body)
    flipped = webhook_event(gateway, with_a_flipped_bit(body), header, in_base64=True)
    signed = webhook_event(gateway, body, header, in_base64=True)
    assert [status(service_without_database, stage, event) for event in (flipped, signed)] == [400, 503]
