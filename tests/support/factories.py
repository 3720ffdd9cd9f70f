"""Factories for rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth import get_user_model

from accounts.models import User
from subscriptions.access.membership import reconcile_access
from subscriptions.models import Plan, Subscription

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
NAME = get_user_model().USERNAME_FIELD
EMAIL = get_user_model().get_email_field_name()
_numbers = count(1)


def make_user(**fields: object) -> User:
    """Create a user with a unique name and address."""
    number = next(_numbers)
    name = fields.pop("username", f"user{number}")
    fields = {"email": f"user{number}@example.com"} | fields
    return get_user_model()._base_manager.create(**user_fields(name, **fields))


def make_account(username: str, password: str, **fields: object) -> User:
    """Create a user with a password."""
    user = make_user(username=username, **fields)
    user.set_password(password)
    user.save()
    return user


def user_fields(username: object, **fields: object) -> dict[str, object]:
    """Return the fields of the user model; its user name may be the address, and it may lack a first name."""
    names = {field.name for field in get_user_model()._meta.get_fields()}
    named = as_named(username=username, email=fields.pop("email", ""), **fields)
    return {name: value for name, value in named.items() if name in names}


def as_named(*, username: object, email: object, **fields: object) -> dict[str, object]:
    """Return the fields by the user model's names; if the address is the name, the name is the address."""
    return {NAME: username} | {EMAIL: email} | fields


def user_page(name: str) -> str:
    """Return the URL name of a user admin page."""
    return f"admin:{user_table()}_{name}"


def user_table() -> str:
    """Return the name of the user model in the admin, and by default in the database."""
    options = get_user_model()._meta
    return f"{options.app_label}_{options.model_name}"


def make_plan(**fields: object) -> Plan:
    """Create a monthly plan for 9.90 EUR."""
    return Plan.objects.create(**{"name": "Monthly", "price": Decimal("9.90"), "duration_days": 30} | fields)


def make_due(plan: Plan, number: int, *, end: datetime = NOW - timedelta(hours=1)) -> list[Subscription]:
    """Create `number` active subscriptions that have ended, of different users with access; the outbox stays empty."""
    first = next(_numbers)
    names = [f"due{first}-{index}" for index in range(number)]
    model = get_user_model()
    fields = [user_fields(name, email=f"{name}@example.com") for name in names]
    users = model._base_manager.bulk_create(model(**each) for each in fields)
    rows = [Subscription(user=user, plan=plan, start_date=end - MONTH, end_date=end) for user in users]
    made = Subscription.objects.bulk_create(rows)
    reconcile_access([user.pk for user in users], end - timedelta(seconds=1))
    return made


def make_overlap(subscription: Subscription, **fields: object) -> Subscription:
    """Create another live subscription of the same user and plan, as an earlier release could."""
    own = {"user_id": subscription.user_id, "plan_id": subscription.plan_id, "start_date": NOW, "end_date": NOW + MONTH}
    own["exempt"] = True
    return Subscription.objects.create(**own | fields)


def has_access(user: User) -> bool:
    """Return True if the user is in the group."""
    return user.groups.filter(name="Subscribers").exists()


def transitions(subscription: Subscription) -> list[str]:
    return list(subscription.events.values_list("transition", flat=True))
