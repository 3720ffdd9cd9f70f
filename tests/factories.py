"""Rows for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth.models import User

from subscriptions.access import reconcile_access
from subscriptions.models import Plan, Subscription

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
_numbers = count(1)


def make_user(**fields: object) -> User:
    """A user with a name and an address of their own."""
    number = next(_numbers)
    return User.objects.create(**{"username": f"user{number}", "email": f"user{number}@example.com"} | fields)


def make_plan(**fields: object) -> Plan:
    """A month for 9.90 EUR."""
    return Plan.objects.create(**{"name": "Monthly", "price": Decimal("9.90"), "duration_days": 30} | fields)


def make_due(plan: Plan, number: int, *, end: datetime = NOW - timedelta(hours=1)) -> list[Subscription]:
    """`number` active subscriptions that have ended, of as many users, all with access; nothing in the outbox."""
    first = next(_numbers)
    names = [f"due{first}-{index}" for index in range(number)]
    users = User.objects.bulk_create(User(username=name, email=f"{name}@example.com") for name in names)
    rows = [Subscription(user=user, plan=plan, start_date=end - MONTH, end_date=end) for user in users]
    made = Subscription.objects.bulk_create(rows)
    reconcile_access([user.pk for user in users], end - timedelta(seconds=1))
    return made


def make_overlap(subscription: Subscription, **fields: object) -> Subscription:
    """Another live subscription of the same user and plan, as the release before this one made them."""
    own = {"user_id": subscription.user_id, "plan_id": subscription.plan_id, "start_date": NOW, "end_date": NOW + MONTH}
    own["exempt"] = True
    return Subscription.objects.create(**own | fields)


def has_access(user: User) -> bool:
    """Whether the user is in the group."""
    return user.groups.filter(name="Subscribers").exists()
