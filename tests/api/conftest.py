"""API clients."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import UNSEEN
from tests.api.callers import OPERATORS, Caller, service_token
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff


@pytest.fixture
def anonymous() -> Caller:
    return Caller(None)


@pytest.fixture
def owner() -> Caller:
    """Return a subscriber's client."""
    return Caller(make_user())


@pytest.fixture
def stranger() -> Caller:
    """Return another subscriber's client."""
    return Caller(make_user())


@pytest.fixture
def newcomer() -> Caller:
    """Return the client of staff without permissions."""
    return Caller(make_user(is_staff=True))


@pytest.fixture
def staff() -> Caller:
    """Return the client of an operator with all permissions for subscriptions."""
    return Caller(make_staff(*(f"subscriptions.{name}" for name in OPERATORS)))


@pytest.fixture
def service() -> Caller:
    """Return the client of a payment service."""
    return service_token("renew_subscription")


@pytest.fixture
def manager() -> Caller:
    """Return the client of staff with every permission, who is no superuser."""
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return Caller(user)


@pytest.fixture
def names(owner: Caller) -> dict[str, int]:
    """Return values for the placeholders in paths; all belong to the owner."""
    now = datetime.now(UTC)
    paid, cancelled, free = (
        Service.create_subscription(owner.user, make_plan(price=Decimal(price)), now=now) for price in (9, 9, 0)
    )
    Service.cancel_subscription(cancelled, now=now)
    order = open_first(owner.user, make_plan(), now, UNSEEN)
    transfer = MoneyReceived("manual", "t-1", order.amount, order.currency, now)
    return {
        "plan": paid.plan_id,
        "unused": make_plan(name="Unused").pk,
        "paid": paid.pk,
        "cancelled": cancelled.pk,
        "free": free.pk,
        "owner": owner.user.pk,
        "order": order.pk,
        "payment": record_payment(order, transfer, now=now).pk,
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each operation in the id of its test: pytest-xdist runs one test of each id, and schemathesis gives one."""
    for item in items:
        if getattr(item, "operation_label", None) is not None and item.parent is not None:
            item._nodeid = f"{item.parent.nodeid}::{item.name}"  # type: ignore[attr-defined] # pytest offers no other way
