"""Demo data: plans, subscribers in every state with their history, and an operator."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction

from infra.local.ses_feedback import BOUNCE
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService

OPERATOR = "demo"
SUBSCRIBER = "ada"
PASSWORD = "demo"  # noqa: S105 - of a site on loopback only, printed at every start

PLANS = {
    "Free trial": {"price": Decimal(0), "duration_days": 14},
    "Weekly": {"price": Decimal("2.90"), "duration_days": 7},
    "Monthly": {"price": Decimal("9.90"), "duration_months": 1},
    "Quarterly": {"price": Decimal("26.90"), "duration_months": 3},
    "Yearly": {"price": Decimal("99.00"), "duration_months": 12},
}
"""Price in EUR, and duration."""


class Step(Protocol):
    """Event in a subscription's history."""

    def take(self, subscription: Subscription, now: datetime) -> None:
        """Apply the step. `now` is the time of loading."""


@dataclass(frozen=True)
class Cancelled:
    """Cancellation, this many days before loading."""

    days: float
    reason: str = ""

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.cancel_subscription(subscription, self.reason, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Reactivated:
    """Resumption, this many days before loading."""

    days: float

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.reactivate_subscription(subscription, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Renewed:
    """Renewal, this many days before loading."""

    days: float

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.renew_subscription(subscription, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Expired:
    """Expiry, one minute after the end."""

    def take(self, subscription: Subscription, now: datetime) -> None:
        moment = subscription.end_date + timedelta(minutes=1)
        due = Subscription.objects.due(moment).filter(pk=subscription.pk)
        SubscriptionService.expire_claimed(due.claim(1), now=moment)


@dataclass(frozen=True)
class Story:
    """Subscription with its history: user, plan, age in days, and steps."""

    username: str
    plan: str
    days: float
    steps: tuple[Step, ...] = ()


STORIES = [
    # Live.
    Story("ada", "Monthly", 10),
    Story("grace", "Yearly", 100),
    Story("linus", "Monthly", 40, (Renewed(12),)),
    Story("joan", "Quarterly", 50, (Cancelled(20), Reactivated(19))),
    # Cancelled, with access until the end.
    Story("alan", "Monthly", 25, (Cancelled(2, "Too expensive"),)),
    # Due: the first sweep expires these.
    Story("barbara", "Monthly", 31),
    Story("donald", "Monthly", 45),
    Story("margaret", "Quarterly", 93),
    Story("tim", "Free trial", 20),
    Story("edsger", "Monthly", 32, (Cancelled(20, "I only wanted to look something up"),)),
    Story("radia", "Monthly", 35),
    # One of two is due, so access stays.
    Story("hedy", "Yearly", 60),
    Story("hedy", "Monthly", 33),
    # Expired long ago; one came back.
    Story("katherine", "Monthly", 100, (Expired(),)),
    Story("annie", "Monthly", 120, (Expired(), Renewed(15))),
]


def sign_in_name(name: str) -> str:
    """Return the name that an account signs in with: the address if the user model has no other."""
    model = get_user_model()
    return email_of(name) if model.get_email_field_name() == model.USERNAME_FIELD else name


def give_subscriber_password() -> None:
    """Give the demo subscriber the password, unless the data of an earlier run have one or no such subscriber."""
    model = get_user_model()
    subscriber = model._base_manager.filter(**{model.USERNAME_FIELD: sign_in_name(SUBSCRIBER), "password": ""}).first()
    if subscriber is not None:
        subscriber.set_password(PASSWORD)
        subscriber.save(update_fields=["password"])


@transaction.atomic
def load(now: datetime) -> bool:
    """Load everything into a database without plans. Return False if it has plans. Times count back from `now`."""
    if Plan.objects.exists():
        return False
    staff = get_account(OPERATOR, email_of(OPERATOR), is_staff=True, is_superuser=True)
    staff.set_password(PASSWORD)
    staff.save()
    plans = {name: Plan.objects.create(name=name, **sold) for name, sold in PLANS.items()}
    for story in STORIES:
        _tell(story, plans[story.plan], now)
    return True


def get_account(name: str, address: str, **fields: object) -> AbstractUser:
    """Return the user with this name, created if missing with the fields that the user model has."""
    model = get_user_model()
    identity = {model.USERNAME_FIELD: name} | {model.get_email_field_name(): address}
    known = {field.name for field in model._meta.concrete_fields}
    others = {field: value for field, value in (identity | fields).items() if field in known}
    natural = {model.USERNAME_FIELD: others.pop(model.USERNAME_FIELD)}
    user: AbstractUser = model._base_manager.get_or_create(**natural, defaults=others)[0]
    return user


def _tell(story: Story, plan: Plan, now: datetime) -> None:
    address = BOUNCE if story.username == "radia" else email_of(story.username)
    user = get_account(story.username, address, first_name=story.username.title())
    subscription = SubscriptionService.create_subscription(user, plan, now=now - timedelta(days=story.days))
    for step in story.steps:
        step.take(subscription, now)


def email_of(name: str) -> str:
    return f"{name}@example.com"
