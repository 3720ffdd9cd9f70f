"""Subscription whose plan changes."""

import pytest

from payments.received_money.recording import record_payment
from subscriptions.models import Subscription
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW


@pytest.fixture
def subscription() -> Subscription:
    """Return a subscription whose first period was paid with 9.90 EUR."""
    payment = record_payment(first_order(), money(), now=NOW)
    assert payment.subscription is not None
    return payment.subscription
