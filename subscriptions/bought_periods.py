"""Periods that were paid for: given in the transaction that records the money, on the terms of the sale."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists

from subscriptions import signals
from subscriptions.announcements import announce_on_commit
from subscriptions.errors import IllegalTransition
from subscriptions.locks import change, lock_plan, transition
from subscriptions.models import Subscription, Transition
from subscriptions.plan_switch import instant, switch_plan
from subscriptions.recording import Record
from subscriptions.rules import one_live_at_most, refuse_ended
from subscriptions.services import Status, SubscriptionService, add_period, others_to_the_plan, refuse_second_live
from subscriptions.terms import Purchase


def renew_bought(subscription: Subscription, plan_id: int, bought: Purchase, *, now: datetime) -> int:
    """Add the bought period of the plan to a subscription that the open transaction has locked, from any state.

    Return the key of the event. It is given however much is left, and whether or not the plan is still on sale.
    Raises UnknownPlan, AlreadySubscribed, or InvalidPeriod.
    """
    with one_live_at_most(subscription.user_id, plan_id), transition(subscription, is_locked=True) as changed:
        plan = lock_plan(plan_id, has_others=Exists(others_to_the_plan(subscription.user_id, plan_id, subscription)))
        if plan.pk == subscription.plan_id:
            subscription.plan = changed.plan = plan
        if plan.has_others:  # type: ignore[attr-defined] # annotated
            refuse_second_live(subscription.user_id, plan, now, besides=subscription)
        if plan.pk != changed.plan_id:
            switch_plan(SubscriptionService, changed, plan, Record(Transition.CHANGED, now))
        return add_period(changed, bought.applied_to(plan), Status.ACTIVE, Record(Transition.RENEWED, now))


def cancel_bought(
    subscription: Subscription, begin: datetime, reason: str, *, now: datetime, actor: AbstractBaseUser
) -> None:
    """Take back what was bought from `begin` on, which has not begun, and let the subscription run out there.

    Raises UnknownSubscription, or IllegalTransition where it has ended, or that is no later part of it.
    """
    with transition(subscription) as changed:
        refuse_ended(subscription, now, "cancelled")
        old_end = subscription.end_date
        if not now < begin < old_end:
            raise IllegalTransition(f"{subscription} ends at {old_end}; what begins at {begin} cannot be taken back")
        change(changed, status=Status.CANCELLED, end_date=begin, grace_until=None, next_plan=None)
        announce_on_commit(signals.subscription_cancelled, SubscriptionService, [changed], reason=reason)
        record = Record(Transition.CANCELLED, now, actor, reason, old_end_date=instant(old_end))
        record.write(SubscriptionService, [changed])
