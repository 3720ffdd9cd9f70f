"""Orders and money for the tests of payments."""

from datetime import datetime
from decimal import Decimal
from itertools import count

from payments.models import Order
from payments.orders.opening import open_first, open_renewal
from payments.received_money.recording import MoneyReceived
from subscriptions.models import Plan, Subscription
from subscriptions.terms import UNSEEN
from tests.support.factories import NOW, make_plan, make_user

_numbers = count(1)


def first_order(plan: Plan | None = None, now: datetime = NOW) -> Order:
    """Open an order of a new user for a first period."""
    return open_first(make_user(), plan or make_plan(), now, UNSEEN)


def renewal_order(subscription: Subscription, now: datetime = NOW) -> Order:
    """Open an order for another period."""
    return open_renewal(subscription, now, UNSEEN)


def money(amount: str = "9.90", currency: str = "EUR", transaction_id: str = "") -> MoneyReceived:
    """Return money of a transaction of its own, or of the one named."""
    return MoneyReceived("manual", transaction_id or f"transfer-{next(_numbers)}", Decimal(amount), currency, NOW)
