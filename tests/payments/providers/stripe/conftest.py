"""Stripe's adapter in front of a scripted server."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from payments.models import PaymentMethod
from payments.providers.stripe.adapter import StripeProvider
from tests.payments.providers.stripe.scripted import Script, scripted


@pytest.fixture
def script(settings: LazySettings) -> Iterator[Script]:
    """Yield the script that answers Stripe's SDK."""
    with scripted() as script:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = script.address, "sk_test_scripted"
        yield script


@pytest.fixture
def provider() -> StripeProvider:
    """Return the adapter as it is deployed."""
    return StripeProvider()


@pytest.fixture
def method() -> PaymentMethod:
    """Return a saved card that no row holds."""
    return PaymentMethod(provider="stripe", customer="cus_1", token="pm_1")
