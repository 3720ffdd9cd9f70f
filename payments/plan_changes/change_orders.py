"""Changes of plan that are paid: their quotes, their orders, and the periods that they give."""

from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from payments.models import Order, OrderState, Renewal
from payments.orders.opening import finish, is_collected, void
from payments.plan_changes import proration
from payments.plan_changes.unused_value import unused_value
from payments.providers.payable import payable
from subscriptions.checkout import ChangeQuote
from subscriptions.errors import ChangeOrdered, FreePlanAtOnce, IllegalTransition
from subscriptions.locks import lock_subscription
from subscriptions.models import Plan, Subscription
from subscriptions.plan_changes import acceptable_plan, begin_period, refuse_unchangeable
from subscriptions.rules import next_period
from subscriptions.terms import Purchase, Terms

LEAST_STEP = Decimal("0.01")
"""Step to which the provider of that time may have rounded a difference in a currency that has thousandths."""


def quote(subscription: Subscription, plan: Plan, now: datetime) -> ChangeQuote:
    """Return the offer to change to the plan at once. With nothing left to pay, the credit becomes time.

    So it does where less is missing than the provider takes: otherwise each change would give that away again.

    Raises FreePlanAtOnce, CurrencyDiffers, or InvalidPeriod.
    """
    if plan.is_free:
        raise FreePlanAtOnce(
            f"plan {plan.pk} is free, and the paid time would be lost; change at the end of the period"
        )
    credit = unused_value(subscription, now, plan.currency)
    missing = proration.difference(plan.price, credit)
    amount = payable(missing, plan.currency, ROUND_DOWN) if credit else missing
    if amount:
        return ChangeQuote(plan.price - amount, amount, next_period(plan, now).end, plan.currency)
    anchor_day = next_period(plan, now).anchor_day
    end = proration.time_for(credit, plan.price, now, lambda begin: next_period(plan, begin, anchor_day=anchor_day).end)
    return ChangeQuote(credit, Decimal(0), end, plan.currency)


def change_now(
    subscription: Subscription, plan: Plan, now: datetime, shown: Terms, actor: AbstractBaseUser | None = None
) -> Order | None:
    """Open the order of the difference, or change the plan at once if nothing is left to pay; then return None.

    The order's period begins now, whenever it is paid. The subscription is brought up to date. Raises ChangeOrdered
    while another change is being paid, ChangedMeanwhile, and the errors of `quote` and of `change_plan`.
    """
    with transaction.atomic():
        lock_subscription(subscription)
        refuse_unchangeable(subscription, now)
        plan = acceptable_plan(subscription, plan, now)
        shown.require(subscription, Terms.of(plan=plan, subscription=subscription))
        if being_paid := _being_paid(subscription, plan, now):
            return being_paid
        offer = quote(subscription, plan, now)
        if offer.amount:
            return _opened(subscription, plan, offer, now)
        bought = Purchase(offer.credit, plan.currency, plan.duration_days, plan.duration_months)
        begin_period(subscription, plan, bought, begin=now, now=now, end=offer.end, actor=actor)
        if actor and actor.pk == subscription.user_id:  # who agreed to the new price; others may not raise it
            Renewal.objects.filter(subscription=subscription).update(amount=plan.price)
        return None


def give_change(order: Order, now: datetime) -> Subscription:
    """Change the plan for a paid order, in the open transaction. Return the subscription.

    Raises IllegalTransition if the subscription is not what the order was opened for, or its value went back since.
    """
    assert order.subscription is not None  # noqa: S101 - the database requires it
    subscription = order.subscription
    lock_subscription(subscription)
    if subscription.end_date != order.period_start or subscription.status == Subscription.Status.CANCELLED:
        raise IllegalTransition(f"{subscription} has changed since {order} opened; refund the payment")
    credit = unused_value(subscription, order.opened_at, order.currency)
    if order.amount <= proration.difference(order.price, credit) - _largest_step(order.currency):
        raise IllegalTransition(f"the value that {order} credits went back; refund the payment")
    bought = Purchase(order.price, order.currency, order.duration_days, order.duration_months)
    return begin_period(subscription, order.plan, bought, begin=order.opened_at, now=now)


def _largest_step(currency: str) -> Decimal:
    """Return the step of an amount to which a difference may have been rounded down when its order opened."""
    return max(LEAST_STEP, payable(LEAST_STEP, currency, ROUND_UP))


def void_changes(subscription: Subscription | None, now: datetime) -> None:
    """Make the open order of a change void, whose credit is no longer true because money goes back."""
    if subscription is not None:
        for order in Order.objects.unfinished().filter(subscription=subscription, kind=Order.Kind.CHANGE):
            void(order, now)


def _being_paid(subscription: Subscription, plan: Plan, now: datetime) -> Order | None:
    """Return the order of this change that may have a page open; make another one void. Raises ChangeOrdered."""
    order = Order.objects.unfinished().filter(subscription=subscription, kind=Order.Kind.CHANGE).first()
    if order is None:
        return None
    if not is_collected(order):
        finish(order, OrderState.VOID, now)  # an order of this instant takes its place
        return None
    if order.plan_id != plan.pk or order.close_requested_at:
        raise ChangeOrdered(f"{order} for a change of plan is being paid; pay it, or withdraw it and wait a minute")
    return order


def _opened(subscription: Subscription, plan: Plan, offer: ChangeQuote, now: datetime) -> Order:
    return Order.objects.create(
        user_id=subscription.user_id,
        kind=Order.Kind.CHANGE,
        subscription=subscription,
        plan_id=plan.pk,
        amount=offer.amount,
        credit=offer.credit,
        currency=plan.currency,
        duration_days=plan.duration_days,
        duration_months=plan.duration_months,
        period_start=subscription.end_date,
        opened_at=now,
    )
