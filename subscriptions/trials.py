"""Free trials: the first days of a plan at the price 0, once per person over all plans."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from foundation import clock
from subscriptions.errors import NoTrial, TrialUsed
from subscriptions.locks import lock_owner, lock_plan_on_sale
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService
from subscriptions.terms import UNSEEN, Purchase, Terms


def may_try(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return True if the user has had no trial. Whoever is not signed in may have one after signing in."""
    return not (user.is_authenticated and Subscription.objects.filter(user=user.pk, trial=True).exists())


def refuse_trial(user: AbstractBaseUser, plan: Plan) -> None:
    """Raise NoTrial, or TrialUsed."""
    if not plan.trial_days:
        raise NoTrial(f"plan {plan.pk} has no free trial; subscribe to it")
    if not may_try(user):
        raise TrialUsed(f"user {user.pk} has had a free trial; subscribe without one")


def start_trial(
    user: AbstractBaseUser,
    plan: Plan,
    *,
    now: datetime | None = None,
    actor: AbstractBaseUser | None = None,
    shown: Terms = UNSEEN,
    **own: Any,
) -> Subscription:
    """Start a trial of the plan at `now` and give access for its `trial_days`. `own` is an integrator's.

    The subscription is never deleted, so a second trial is refused whatever became of the first. Raises TrialUsed,
    NoTrial, and the errors of `SubscriptionService.create_subscription`.
    """
    with transaction.atomic():
        lock_owner(user.pk)
        plan = lock_plan_on_sale(plan, user.pk)
        shown.require(plan, Terms.of_trial(plan))
        refuse_trial(user, plan)
        period = Purchase(Decimal(0), plan.currency, plan.trial_days, 0)
        create = SubscriptionService.create_subscription
        started = create(user, plan, now=now or clock.now(), actor=actor, bought=period, trial=True, **own)
        started.plan = plan  # and not as it was sold for the trial
        return started
