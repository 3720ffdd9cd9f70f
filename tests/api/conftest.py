"""API clients."""

import pytest

from tests.api.callers import OPERATORS, Caller, service_token
from tests.support.factories import make_user
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each operation in the id of its test: pytest-xdist runs one test of each id, and schemathesis gives one."""
    for item in items:
        if getattr(item, "operation_label", None) is not None and item.parent is not None:
            item._nodeid = f"{item.parent.nodeid}::{item.name}"  # type: ignore[attr-defined] # pytest offers no other way
