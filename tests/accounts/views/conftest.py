"""Signed-in visitor."""

import pytest
from django.test import Client

from accounts.models import User
from tests.support.factories import make_user


@pytest.fixture
def ada(db: None) -> User:
    return make_user(username="ada", email="ada@example.com")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Return Ada's browser."""
    client.force_login(ada)
    return client
