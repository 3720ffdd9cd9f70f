"""Callers of the API."""

import pytest

from tests.api.callers import Caller, service_token
from tests.factories import make_user


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
def staff() -> Caller:
    """An operator, without any permission."""
    return Caller(make_user(is_staff=True))


@pytest.fixture
def service() -> Caller:
    """The program that takes the money."""
    return service_token("renew_subscription")
