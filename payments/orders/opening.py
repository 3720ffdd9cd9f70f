"""Opening and voiding of orders."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from payments.errors import OrderFinished, UnknownOrder
from payments.models import Order, OrderState
from payments.orders import grace
from payments.orders.consents import end_agreement
from subscriptions.errors import AlreadySubscribed
from subscriptions.locks import lock_owner, lock_plan_for, lock_plan_on_sale, lock_subscription
from subscriptions.models import Plan, Subscription
from subscriptions.rules import refuse_early_change
from subscriptions.terms import Purchase, Terms

State = OrderState


def open_first(user: AbstractBaseUser, plan: Plan, now: datetime, shown: Terms) -> Order:
    """Return the open order of the user for a first period of the plan, on the plan's present terms.

    One that was opened on other terms is void. Raises ChangedMeanwhile if the present terms are not those `shown`, and
    UnknownUser, also for one who was erased, UnknownPlan, PlanNotOnSale or AlreadySubscribed.
    """
    with transaction.atomic():
        lock_owner(user.pk)
        plan = lock_plan_on_sale(plan, user.pk)
        shown.require(plan, Terms.of(plan=plan))
        _refuse_subscribed(user, plan, now)
        unfinished = Order.objects.unfinished().filter(user_id=user.pk, plan=plan, kind=Order.Kind.FIRST)
        return _kept(unfinished.first(), plan, now) or _opened(plan, now, user_id=user.pk, kind=Order.Kind.FIRST)


def open_renewal(subscription: Subscription, now: datetime, shown: Terms) -> Order:
    """Return the open order for another period of the subscription, on the present terms of the plan that follows.

    The subscription is brought up to date. Raises ChangedMeanwhile if the present terms are not those `shown`,
    UnknownSubscription, UnknownUser for one who was erased, or ChangeTooEarly.
    """
    with transaction.atomic():
        lock_subscription(subscription)
        plan = lock_plan_for(subscription.user_id, subscription.next_plan_id or subscription.plan_id)
        shown.require(subscription, Terms.of(plan=plan, subscription=subscription))
        refuse_early_change(subscription, plan, now)
        unfinished = Order.objects.unfinished().filter(subscription=subscription, kind=Order.Kind.RENEWAL)
        return _kept(unfinished.filter(period_start=subscription.end_date).first(), plan, now) or _opened(
            plan,
            now,
            user_id=subscription.user_id,
            kind=Order.Kind.RENEWAL,
            subscription=subscription,
            period_start=subscription.end_date,
        )


def void(order: Order, now: datetime, voided_by: AbstractBaseUser | None = None) -> Order:
    """Make an unfinished order void, so that nobody pays it any more. Voiding again changes nothing.

    One that the provider has prepared stays unfinished until the charger has closed it there: money that moves
    meanwhile is still recorded for it. Raises UnknownOrder, or OrderFinished if it is paid.
    """
    with transaction.atomic():
        lock(order)
        if order.state == State.PAID:
            raise OrderFinished(f"{order} is paid; refund the payment instead")
        if order.is_open:
            if order.close_requested_at is None:  # later it is the charger, or somebody who wants the same
                order.voided_by_id = voided_by.pk if voided_by else None
                order.save(update_fields=["voided_by"])
            _close(order, now)
    return order


def withdraw(order: Order, now: datetime, voided_by: AbstractBaseUser | None = None) -> bool:
    """Make an order void that somebody does not want. Return True if automatic renewal ends with it.

    Else the charger would open another order for the same period. The grace period ends too. Raises what `void` raises.
    """
    if order.kind != Order.Kind.RENEWAL or order.subscription_id is None:
        void(order, now, voided_by)
        return False
    with transaction.atomic():
        lock(order)
        if not order.is_open and order.state != State.PAID:  # a second click: another order may be open by now
            return False
        void(order, now, voided_by)
        ends_renewal = end_agreement(order.subscription_id)
        grace.take_back(order.subscription_id)
    return ends_renewal


def _close(order: Order, now: datetime) -> None:
    if not order.reference:
        finish(order, State.VOID, now)
    elif order.close_requested_at is None:
        order.close_requested_at = order.due_at = now
        order.save(update_fields=["close_requested_at", "due_at"])


def lock(order: Order) -> None:
    """Lock the owner, then the subscription and the order, and bring the instance up to date. Raises UnknownOrder."""
    lock_owner(order.user_id)
    try:
        order.refresh_from_db(from_queryset=_locking(order))
    except Order.DoesNotExist as error:
        raise UnknownOrder(f"there is no {order}") from error


def _locking(order: Order) -> QuerySet[Order]:
    """Return the query that locks the order, and before it the subscription that it continues."""
    rows = Order.objects.select_related("subscription")
    if order.subscription_id is None:
        return rows.select_for_update(of=("self",), no_key=True)
    continuing = rows.filter(subscription__user=order.user_id)  # an inner join, of which PostgreSQL locks both sides
    return continuing.select_for_update(of=("subscription", "self"), no_key=True)


def finish(order: Order, state: OrderState, now: datetime, paid_through: str = "") -> None:
    """Give a locked order its last state. The charger closes what is still open of it at the provider.

    What was paid through the order's provider is closed there by that.
    """
    order.state, order.finished_at, order.due_at = state, now, None
    is_closed = state == State.PAID and paid_through == order.provider
    order.close_requested_at = now if order.reference and not is_closed else None
    order.save(update_fields=["state", "finished_at", "due_at", "close_requested_at", "subscription"])


def purchase_of(order: Order) -> Purchase:
    """Return the period that the order is for."""
    return Purchase(order.price, order.currency, order.duration_days, order.duration_months)


def _refuse_subscribed(user: AbstractBaseUser, plan: Plan, now: datetime) -> None:
    live = Subscription.objects.live(now).filter(user_id=user.pk, plan=plan).first()
    if live:
        raise AlreadySubscribed(f"user {user.pk} has the live {live} to plan {plan.pk}; renew that one", live.pk)


def _kept(order: Order | None, plan: Plan, now: datetime) -> Order | None:
    """Return an order on the plan's terms, or one that is being paid or charged. Another one is void."""
    if order is None or (order.plan_id, purchase_of(order)) == (plan.pk, Purchase.of(plan)) or is_collected(order):
        return order
    finish(order, State.VOID, now)
    return None


def is_collected(order: Order) -> bool:
    """Return True if money may be on its way: a page is open for it, or the charger has it."""
    return bool(order.reference or order.due_at) or order.state != State.OPEN


def _opened(plan: Plan, now: datetime, **fields: object) -> Order:
    sold = Purchase.of(plan)
    return Order.objects.create(
        plan_id=plan.pk,
        amount=sold.price,
        currency=sold.currency,
        duration_days=sold.duration_days,
        duration_months=sold.duration_months,
        opened_at=now,
        **fields,
    )
