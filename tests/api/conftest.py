"""Callers of the API."""

import pytest

from tests.api.callers import OPERATORS, Caller, service_token
from tests.support.factories import make_user
from tests.support.staff import make_staff


@pytest.fixture
def anonymous() -> Caller:
    """Nobody."""
    return Caller(None)


@pytest.fixture
def owner() -> Caller:
    """A subscriber with a token."""
    return Caller(make_user())


@pytest.fixture
def stranger() -> Caller:
    """Another subscriber."""
    return Caller(make_user())


@pytest.fixture
def newcomer() -> Caller:
    """Staff whom nobody has permitted anything yet."""
    return Caller(make_user(is_staff=True))


@pytest.fixture
def staff() -> Caller:
    """An operator, with all permissions for subscriptions."""
    return Caller(make_staff(*(f"subscriptions.{name}" for name in OPERATORS)))


@pytest.fixture
def service() -> Caller:
    """The program that takes the money."""
    return service_token("renew_subscription")
