"""A stage that takes Stripe's webhooks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.payments.webhooks.signed_events import ADDRESS, SECRET, encoded, signature

Send = Callable[..., int]


@pytest.fixture(autouse=True)
def stripe(settings: LazySettings) -> None:
    """Take money by Stripe, in test mode."""
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test_x", [SECRET]


@pytest.fixture
def send() -> Send:
    """Return a call that brings a message, and returns the status of the answer."""

    def sent(found: dict[str, Any] | bytes, header: str | None = None, address: str = ADDRESS, **headers: str) -> int:
        body = found if isinstance(found, bytes) else encoded(found)
        header = signature(body) if header is None else header
        answer = Client().post(
            address, body, content_type="application/json", headers={"Stripe-Signature": header, **headers}
        )
        return answer.status_code

    return sent
