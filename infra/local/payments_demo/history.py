"""Subscribers of the payments: some are new, others have paid their last period by a transfer."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser

from infra.local import demo
from payments.models import Order
from payments.models.payment import BY_STAFF
from payments.orders.consents import Consent, store_consent
from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.models import Plan
from subscriptions.terms import UNSEEN

ENDS_IN = timedelta(hours=12)


def create_subscribers(names: list[str]) -> list[AbstractUser]:
    """Create accounts with the password of the demo."""
    password = make_password(demo.PASSWORD)
    return [demo.get_account(name, demo.email_of(name), first_name=name.title(), password=password) for name in names]


def begin_period_that_ends(user: AbstractUser, plan: Plan, now: datetime) -> Order:
    """Give the user a period that ends in half a day and is to renew, paid by a transfer. Return its order."""
    then = now + ENDS_IN - timedelta(days=plan.duration_days)
    order = open_first(user, plan, then, UNSEEN)
    store_consent(order, Consent("", renews=True), then)
    transfer = MoneyReceived(BY_STAFF, order.transfer_reference, order.amount, order.currency, then)
    record_payment(order, transfer, now=then)
    return order
