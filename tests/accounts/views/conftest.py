"""Signed-in visitor."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support.factories import make_user


@pytest.fixture
def ada(db: None) -> User:
    return make_user(username="ada", email="ada@example.com")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Return Ada's browser."""
    client.force_login(ada)
    return client
