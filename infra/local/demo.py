"""Demo data: plans, subscribers in every state with the history that led there, and somebody to sign in as."""

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

STAFF = "demo"
STAFF_ADDRESS = f"{STAFF}@example.com"
PASSWORD = "demo"  # noqa: S105 - of a site on the loopback address, printed at every start

PLANS = {
    "Free trial": (Decimal(0), 14),
    "Monthly": (Decimal("9.90"), 30),
    "Quarterly": (Decimal("26.90"), 90),
    "Yearly": (Decimal("99.00"), 365),
}
"""Price in EUR, and days."""


class Step(Protocol):
    """Something that happened to a subscription."""

    def take(self, subscription: Subscription, now: datetime) -> None:
        """Let it happen. `now` is the time of loading."""


@dataclass(frozen=True)
class Cancelled:
    """So many days before the loading."""

    days: float
    reason: str = ""

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.cancel_subscription(subscription, self.reason, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Reactivated:
    """So many days before the loading."""

    days: float

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.reactivate_subscription(subscription, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Renewed:
    """So many days before the loading."""

    days: float

    def take(self, subscription: Subscription, now: datetime) -> None:
        SubscriptionService.renew_subscription(subscription, now=now - timedelta(days=self.days))


@dataclass(frozen=True)
class Expired:
    """Within a minute of its end."""

    def take(self, subscription: Subscription, now: datetime) -> None:
        moment = subscription.end_date + timedelta(minutes=1)
        due = Subscription.objects.due(moment).filter(pk=subscription.pk)
        SubscriptionService.expire_claimed(due.claim(1), now=moment)


@dataclass(frozen=True)
class Story:
    """A subscription: whose, to what, since how many days, and what happened then."""

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
    # Due: the first sweep ends these.
    Story("barbara", "Monthly", 31),
    Story("donald", "Monthly", 45),
    Story("margaret", "Quarterly", 90.1),
    Story("tim", "Free trial", 20),
    Story("edsger", "Monthly", 32, (Cancelled(20, "I only wanted to look something up"),)),
    Story("radia", "Monthly", 35),
    # One of two is due: access stays.
    Story("hedy", "Yearly", 60),
    Story("hedy", "Monthly", 33),
    # Ended long ago, and once come back.
    Story("katherine", "Monthly", 100, (Expired(),)),
    Story("annie", "Monthly", 120, (Expired(), Renewed(15))),
]


def sign_in_name() -> str:
    """Return the name that the demo operator signs in with: the address, if the e-mail address is the user name."""
    model = get_user_model()
    return STAFF_ADDRESS if model.get_email_field_name() == model.USERNAME_FIELD else STAFF


@transaction.atomic
def load(now: datetime) -> bool:
    """Load it all into a database that has no plans yet; tell whether that was so. Times count back from `now`."""
    if Plan.objects.exists():
        return False
    staff = _account(STAFF, STAFF_ADDRESS, is_staff=True, is_superuser=True)
    staff.set_password(PASSWORD)
    staff.save()
    plans = {
        name: Plan.objects.create(name=name, price=price, duration_days=days) for name, (price, days) in PLANS.items()
    }
    for story in STORIES:
        _tell(story, plans[story.plan], now)
    return True


def _account(name: str, address: str, **fields: object) -> AbstractUser:
    """The user of this name, who is created where there is none, with the fields that the user model has."""
    model = get_user_model()
    identity = {model.USERNAME_FIELD: name} | {model.get_email_field_name(): address}
    known = {field.name for field in model._meta.concrete_fields}
    others = {field: value for field, value in (identity | fields).items() if field in known}
    natural = {model.USERNAME_FIELD: others.pop(model.USERNAME_FIELD)}
    account: AbstractUser = model._base_manager.get_or_create(**natural, defaults=others)[0]
    return account


def _tell(story: Story, plan: Plan, now: datetime) -> None:
    address = BOUNCE if story.username == "radia" else f"{story.username}@example.com"
    user = _account(story.username, address, first_name=story.username.title())
    subscription = SubscriptionService.create_subscription(user, plan, now=now - timedelta(days=story.days))
    for step in story.steps:
        step.take(subscription, now)
