"""Stripe's adapter in front of a scripted server."""

import pytest

from payments.models import PaymentMethod
from payments.providers.stripe.adapter import StripeProvider


@pytest.fixture
def provider() -> StripeProvider:
    """Return the adapter as it is deployed."""
    return StripeProvider()


@pytest.fixture
def method() -> PaymentMethod:
    """Return a saved card that no row holds."""
    return PaymentMethod(provider="stripe", customer="cus_1", token="pm_1")
