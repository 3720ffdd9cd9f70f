"""Periods that were paid for: given in the transaction that records the money, on the terms of the sale."""

from datetime import datetime

from django.db.models import Exists

from subscriptions.locks import lock_plan, transition
from subscriptions.models import Subscription, Transition
from subscriptions.plan_switch import switch_plan
from subscriptions.recording import Record
from subscriptions.rules import one_live_at_most
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
