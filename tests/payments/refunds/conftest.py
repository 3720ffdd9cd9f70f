"""A payment, and the bank that gives it back."""

from decimal import Decimal

import pytest

from payments.models import Payment
from payments.received_money.recording import MoneyReceived, record_payment
from tests.payments.bank import NAME, Bank
from tests.payments.opened_orders import first_order
from tests.support.factories import NOW


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def payment() -> Payment:
    """Return a payment of 9.90 EUR for the running period."""
    return record_payment(first_order(), MoneyReceived(NAME, "pi_1", Decimal("9.90"), "EUR", NOW), now=NOW)
