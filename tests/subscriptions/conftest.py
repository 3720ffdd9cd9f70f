"""User, plan and subscription."""

import pytest

from accounts.models import User
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def subscription(user: User, plan: Plan) -> Subscription:
    return Service.create_subscription(user, plan, now=NOW)
