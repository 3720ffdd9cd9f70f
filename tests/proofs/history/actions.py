"""Actions of a history: each is drawn, run, and returns a word for the statistics."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse

from foundation import clock
from subscriptions.access.managed_groups import GROUP
from subscriptions.errors import SubscriptionError
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.proofs.history.html_form import HtmlForm
from tests.proofs.history.population import LONGEST_DAYS, OPERATOR, terms

SMALL_BATCHES = (3, 10, 2_000)
LEFT_OPEN = 2
"""Maximum number of open forms."""

User = get_user_model()


@dataclass
class Actor:
    """State of a process: random generator, an operator's browser, and possibly stale objects."""

    chance: random.Random
    browser: Client = field(default_factory=Client)
    forms: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    stale: list[Subscription] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser.force_login(User.objects.get(username=OPERATOR))

    def act(self) -> str:
        """Run an action drawn by weight. Return its name and result."""
        name, (_, action) = self.chance.choices(list(ACTIONS.items()), [weight for weight, _ in ACTIONS.values()])[0]
        try:
            return f"{name}: {action(self)}"
        except SubscriptionError as refusal:
            return f"{name}: {type(refusal).__name__}"

    def user(self) -> Any:
        """Return a random subscriber."""
        return self.chance.choice(list(User.objects.filter(is_staff=False)))

    def plan(self) -> Plan:
        """Return a random plan."""
        return self.chance.choice(list(Plan.objects.all()))

    def subscription(self, **of: Any) -> Subscription | None:
        """Return a random subscription, sometimes a stale instance."""
        if self.stale and not of and self.chance.random() < 0.3:
            return self.stale.pop(0)
        rows = list(Subscription.objects.filter(**of).order_by("-pk")[:30])
        found = self.chance.choice(rows) if rows else None
        if found and self.chance.random() < 0.2:
            self.stale.append(found)
        return found


def create(actor: Actor, user: Any = None) -> str:
    """Subscribe."""
    Service.create_subscription(user or actor.user(), actor.plan(), now=clock.now())
    return "done"


def change(actor: Actor, **of: Any) -> str:
    """Renew, cancel, resume or cancel now."""
    subscription = actor.subscription(**of)
    if subscription is None:
        return "nothing there"
    name = actor.chance.choice(["renew_subscription", "cancel_subscription", "reactivate_subscription", "cancel_now"])
    getattr(Service, name)(subscription, now=clock.now())
    return name


def sweep(actor: Actor) -> str:
    """Sweep in small batches, so that several processes share the due rows."""
    run = Service.sweep(now=clock.now(), batch_size=actor.chance.choice(SMALL_BATCHES))
    return "failed" if run.failed else "done"


def caller_transaction(actor: Actor) -> str:
    """Run several moves of a user in the caller's transaction with savepoints; half of them are rolled back."""
    user = actor.user()
    taken_back = actor.chance.random() < 0.5
    with transaction.atomic():
        for _move in range(actor.chance.randint(1, 4)):
            _move_in_savepoint(actor, user)
        transaction.set_rollback(taken_back)
    return "taken back" if taken_back else "kept"


def _move_in_savepoint(actor: Actor, user: Any) -> None:
    with suppress(SubscriptionError), transaction.atomic():
        create(actor, user) if actor.chance.random() < 0.4 else change(actor, user=user)
        transaction.set_rollback(actor.chance.random() < 0.3)


def edit_plan(actor: Actor) -> str:
    """Change price and duration, or take the plan off sale, in the admin."""
    plan = actor.plan()
    address = reverse("admin:subscriptions_plan_change", args=[plan.pk])
    form = HtmlForm.read(actor.browser.get(address).content.decode())
    days = actor.chance.randint(1, LONGEST_DAYS)
    form |= {name: [str(value)] for name, value in terms(days).items()}
    form.pop("on_sale", None)
    if actor.chance.random() < 0.8:
        form["on_sale"] = ["on"]
    return f"status {actor.browser.post(address, form).status_code}"


def open_user_form(actor: Actor) -> str:
    """Open a user's form in the admin and leave it open."""
    address = reverse(f"admin:{User._meta.app_label}_{User._meta.model_name}_change", args=[actor.user().pk])
    actor.forms.append((address, HtmlForm.read(actor.browser.get(address).content.decode())))
    return "done"


def save_user_form(actor: Actor) -> str:
    """Save the oldest open form with a corrected first name."""
    if len(actor.forms) < LEFT_OPEN:
        return open_user_form(actor)
    address, form = actor.forms.pop(0)
    form["first_name"] = [f"Name {actor.chance.randint(0, 99)}"]
    return f"status {actor.browser.post(address, form).status_code}"


def attack_group(actor: Actor) -> str:
    """Rename or delete the managed group in the admin."""
    group = Group.objects.get(name=GROUP)
    if actor.chance.random() < 0.5:
        address = reverse("admin:auth_group_delete", args=[group.pk])
        return f"delete, status {actor.browser.post(address, {'post': 'yes'}).status_code}"
    address = reverse("admin:auth_group_change", args=[group.pk])
    form = HtmlForm.read(actor.browser.get(address).content.decode()) | {"name": ["Renamed"]}
    return f"rename, status {actor.browser.post(address, form).status_code}"


def tamper(actor: Actor) -> str:
    """Write memberships behind the service's back; the audit must correct them."""
    user, group = actor.user(), Group.objects.get(name=GROUP)
    actor.chance.choice([user.groups.add, user.groups.remove])(group)
    return "done"


ACTIONS: dict[str, tuple[int, Callable[[Actor], str]]] = {
    "create": (25, create),
    "change": (30, change),
    "sweep": (15, sweep),
    "caller's transaction": (15, caller_transaction),
    "edit a plan": (5, edit_plan),
    "user form": (10, save_user_form),
    "attack the group": (2, attack_group),
}
TAMPERING = ("tamper with groups", (3, tamper))
"""Action with damage that only the audit corrects, so not included by default."""
