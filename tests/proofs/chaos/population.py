"""Subscribers of an episode."""

import random
from datetime import datetime, timedelta

from accounts.models import User
from subscriptions.access.membership import reconcile_access
from subscriptions.models import Plan, Subscription
from tests.support.factories import MONTH, make_plan

PLANS = 3
SECOND_PLAN = 0.3
"""Share of users with another subscription."""


def populate(number: int, now: datetime, storm: timedelta, chance: random.Random) -> list[int]:
    """Create `number` subscriptions that end during the storm, half of them already due. Return their keys."""
    plans = [make_plan(name=f"Plan {index}") for index in range(PLANS)]
    users = User.objects.bulk_create(
        User(username=f"user{index}", email=f"user{index}@example.com") for index in range(number)
    )
    due = Subscription.objects.bulk_create(
        Subscription(user=user, plan=plans[0], start_date=end - MONTH, end_date=end)
        for user in users
        for end in [now + storm * max(0.0, chance.uniform(-1, 1))]
    )
    Subscription.objects.bulk_create(_others(users, plans[1], now, chance))
    reconcile_access([user.pk for user in users], now - timedelta(seconds=1))
    return [subscription.pk for subscription in due]


def _others(users: list[User], plan: Plan, now: datetime, chance: random.Random) -> list[Subscription]:
    """Create other subscriptions that some users keep."""
    return [
        Subscription(user=user, plan=plan, start_date=now, end_date=now + MONTH)
        for user in users
        if chance.random() < SECOND_PLAN
    ]
