"""Changes of plan: planned for the next renewal, or made at once."""

from datetime import datetime
from typing import Literal

from django.contrib.auth.models import AbstractBaseUser

from foundation import clock
from subscriptions import signals
from subscriptions.errors import CurrencyDiffers, IllegalTransition, InvalidPeriod, PlanUnchanged
from subscriptions.locks import change, lock_plan, lock_plan_on_sale, transition
from subscriptions.models import Plan, Subscription, Transition
from subscriptions.plan_switch import instant, switch_plan
from subscriptions.recording import Record
from subscriptions.rules import next_period, one_live_at_most, refuse_ended, refuse_long_reason
from subscriptions.services import SubscriptionService, refuse_second_live
from subscriptions.terms import UNSEEN, Purchase, Terms

When = Literal["period_end", "now"]


def change_plan(
    subscription: Subscription,
    plan: Plan,
    at: When = "period_end",
    *,
    now: datetime | None = None,
    actor: AbstractBaseUser | None = None,
    reason: str = "",
    shown: Terms = UNSEEN,
) -> Subscription:
    """Plan a change of plan for the next renewal, or make it at once and free of charge, up to the present end.

    Naming the present plan undoes what was planned. `shown` states the terms of the new plan and the end that the
    actor saw. The change at once is for operators: subscribers pay for it (`subscriptions.checkout`).

    Raises UnknownSubscription, UnknownUser for one who was erased, UnknownPlan, PlanNotOnSale, PlanUnchanged,
    CurrencyDiffers, AlreadySubscribed, InvalidReason, ChangedMeanwhile, or IllegalTransition if the subscription has
    ended, is cancelled or late.
    """
    now = now or clock.now()
    with one_live_at_most(subscription.user_id, plan.pk), transition(subscription) as changed:
        refuse_long_reason(reason)
        refuse_unchangeable(subscription, now)
        if plan.pk == subscription.plan_id:
            _undo(changed, actor, now)
            return subscription
        new = acceptable_plan(subscription, plan, now)
        shown.require(subscription, Terms.of(plan=new, subscription=subscription))
        if at == "now":
            switch_plan(SubscriptionService, changed, new, Record(Transition.CHANGED, now, actor, reason))
        elif subscription.next_plan_id != new.pk:
            _plan(changed, new, actor, now)
    return subscription


def preview(subscription: Subscription, plan: Plan, now: datetime) -> None:
    """Raise what `change_plan` would raise if it were called now; nothing is changed."""
    with transition(subscription) as locked:
        refuse_unchangeable(locked, now)
        acceptable_plan(locked, plan, now)


def undo_planned_change(subscription: Subscription, now: datetime) -> None:
    """Undo what is planned for a subscription that the open transaction has locked, in whatever state it is."""
    if subscription.next_plan_id is not None:
        with transition(subscription, is_locked=True) as changed:
            _plan(changed, None, None, now)


def begin_period(
    subscription: Subscription,
    plan: Plan,
    bought: Purchase,
    *,
    begin: datetime,
    now: datetime,
    end: datetime | None = None,
    actor: AbstractBaseUser | None = None,
) -> Subscription:
    """Replace what is left of the subscription at `begin` by a period of the plan, whose value is the price `bought`.

    It lasts as long as was bought, or until `end`. For whoever took the money and gave credit for what is left.

    Raises UnknownSubscription, UnknownPlan, AlreadySubscribed, or InvalidPeriod if it would be over at `now`.
    """
    with one_live_at_most(subscription.user_id, plan.pk), transition(subscription) as changed:
        sold = bought.applied_to(lock_plan(plan.pk))
        refuse_second_live(subscription.user_id, sold, now, besides=subscription)
        following = next_period(sold, begin)
        if (end := end or following.end) <= now:
            raise InvalidPeriod(f"a period of plan {plan.pk} from {begin} on would be over")
        record = Record(Transition.CHANGED, now, actor, old_end_date=instant(begin), sold=sold)
        switch_plan(SubscriptionService, changed, plan, record, end=end, anchor_day=following.anchor_day)
    return subscription


def acceptable_plan(subscription: Subscription, plan: Plan, now: datetime) -> Plan:
    """Return the plan, locked, if the locked subscription can go over to it.

    Raises UnknownUser for one who was erased, UnknownPlan, PlanNotOnSale, PlanUnchanged, CurrencyDiffers, or
    AlreadySubscribed.
    """
    if plan.pk == subscription.plan_id:
        raise PlanUnchanged(f"{subscription} has the plan {plan.pk} already; choose another")
    new, present = lock_plan_on_sale(plan, subscription.user_id), lock_plan(subscription.plan_id)
    if not (new.is_free or present.is_free) and new.currency != present.currency:
        raise CurrencyDiffers(
            f"plan {present.pk} is paid in {present.currency} and plan {new.pk} in {new.currency}; "
            "cancel the subscription and subscribe to the other plan"
        )
    refuse_second_live(subscription.user_id, new, now, besides=subscription)
    return new


def refuse_unchangeable(subscription: Subscription, now: datetime) -> None:
    """Raise IllegalTransition unless the subscription is active and its period is paid for."""
    refuse_ended(subscription, now, "changed")
    if subscription.status == Subscription.Status.CANCELLED:
        raise IllegalTransition(f"{subscription} is cancelled; resume it before you change its plan")
    if subscription.end_date <= now:
        raise IllegalTransition(f"the payment for {subscription} is late; pay it before you change the plan")


def _plan(changed: Subscription, plan: Plan | None, actor: AbstractBaseUser | None, now: datetime) -> None:
    change(changed, next_plan=plan)
    signals.plan_change_planned.send(SubscriptionService, subscription=changed, plan=plan, actor=actor, now=now)


def _undo(changed: Subscription, actor: AbstractBaseUser | None, now: datetime) -> None:
    if changed.next_plan_id is None:
        raise PlanUnchanged(f"{changed} has the plan {changed.plan_id} already; choose another")
    _plan(changed, None, actor, now)
