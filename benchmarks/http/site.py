"""Test data: a few plans, a subscriber, an operator, and a program with a token."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from accounts.models import User
from accounts.tokens import make_token
from foundation import clock
from foundation.api.scopes import all_scopes
from subscriptions.models import AccessAuditRun, Plan, Subscription, SweepRun
from subscriptions.services import SubscriptionService

PLANS = 4
RENEWALS = 5
PASSWORD = "correct horse battery"  # noqa: S105 - of users that exist only in the benchmark


@dataclass(frozen=True)
class Visitor:
    """User with credentials. `token` is the API token, `session` the key of a browser session."""

    user: User
    session: str = ""
    token: str = ""


@dataclass
class Site:
    """Content of the database. `held` is the subscriber's subscription; `sold` are plans without subscriptions."""

    plans: list[Plan]
    subscriber: Visitor
    operator: Visitor
    program: Visitor
    held: Subscription
    sold: list[Plan] = field(default_factory=list)

    def sell(self, number: int) -> None:
        """Put more plans on sale, free ones, so that their subscribers may renew."""
        self.sold += [Plan.objects.create(name=f"Sold {index}", price=0, duration_days=30) for index in range(number)]

    def subscription(self, visitor: Visitor, index: int) -> Subscription:
        """Return the visitor's subscription to the plan with this index among those on sale."""
        return Subscription.objects.get(user=visitor.user, plan=self.sold[index])


def build_site() -> Site:
    """Migrate the database, empty it and fill it."""
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    return fill_site()


def fill_site() -> Site:
    """Fill an empty database."""
    now = clock.now()
    plans = [
        Plan.objects.create(name=f"Plan {index}", price=index, duration_days=30 * (index + 1)) for index in range(PLANS)
    ]
    subscriber = _visitor("ada")
    held = _history(subscriber.user, plans, now)
    SweepRun.objects.create(started_at=now, finished_at=now, expired=0, failed=0, remaining=0, oldest_late=timedelta())
    AccessAuditRun.objects.create(started_at=now, finished_at=now, complete=True)
    return Site(plans, subscriber, _visitor("operator", is_staff=True, is_superuser=True), _visitor("program"), held)


def _visitor(name: str, **rights: bool) -> Visitor:
    user = User.objects.create_user(name, f"{name}@example.com", PASSWORD, **rights)
    scopes = [scope.name for scope in all_scopes()]
    return Visitor(user, open_session(user), make_token(user, days=1, scopes=scopes)[1])


def open_session(user: User) -> str:
    """Return the key of a new session of a signed-in user."""
    session = SessionStore()
    session.update(
        {
            "_auth_user_id": str(user.pk),
            "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
            "_auth_user_hash": user.get_session_auth_hash(),
        }
    )
    session.create()
    return str(session.session_key)


def _history(user: User, plans: list[Plan], now: datetime) -> Subscription:
    """Create subscriptions to all plans but the last. The first was renewed several times and may be renewed again."""
    begun = now - timedelta(days=RENEWALS * plans[0].duration_days)
    held = SubscriptionService.create_subscription(user, plans[0], now=begun)
    for _ in range(RENEWALS):
        held = SubscriptionService.renew_subscription(held, now=begun)
    for plan in plans[1:-1]:
        SubscriptionService.create_subscription(user, plan, now=now)
    return held
