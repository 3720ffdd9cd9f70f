"""Signed-in user with a subscription."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user


@pytest.fixture
def now() -> datetime:
    """Return the current time, because the views use the real clock."""
    return datetime.now(UTC)


@pytest.fixture
def ada(db: None) -> User:
    return make_user(username="ada", email="ada@example.com")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Return Ada's browser."""
    client.force_login(ada)
    return client


@pytest.fixture
def free(db: None) -> Plan:
    return make_plan(name="Free trial", price=Decimal(0), duration_days=14)


@pytest.fixture
def subscription(ada: User, now: datetime) -> Subscription:
    """Create Ada's subscription, one day old."""
    return Service.create_subscription(ada, make_plan(), now=now - timedelta(days=1))


@pytest.fixture
def free_subscription(ada: User, free: Plan, now: datetime) -> Subscription:
    return Service.create_subscription(ada, free, now=now - timedelta(days=1))
