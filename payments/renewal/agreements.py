"""Agreements to renew a subscription by charges."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from foundation import money
from payments.models import Order, Renewal
from payments.orders.opening import purchase_of
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.rules import next_period

ENDING = (Transition.CANCELLED, Transition.REACTIVATED)
"""Transitions by which somebody decides that a subscription ends, and that it does not."""


def agree(order: Order, subscription: Subscription) -> None:
    """Write down what the order's subscriber agreed to be charged for later periods, if anything.

    An order that was to be closed when its money came, such as that of somebody who left, agrees to nothing any more,
    unless it was the sweep that asked for it, while the subscriber was paying.
    """
    if order.close_requested_at and not _was_swept(order, order.close_requested_at):
        return
    if not order.renews:
        _follow_refusal(order, subscription)
        return
    if renews_already(order):  # paid by hand, on the terms that hold, or for less if the plan costs less by now
        _lower(order)
        return
    agreed = {
        "auto_renew": True,
        **_sold(order),
        "terms": order.terms,
        "agreed_at": _consented_at(order),
        "new_amount": None,
        "new_amount_from": None,
    }
    planned = {"next_amount": subscription.next_plan.price if subscription.next_plan else None}
    Renewal.objects.update_or_create(subscription=subscription, defaults=agreed, create_defaults=agreed | planned)


def _was_swept(order: Order, at: datetime) -> bool:
    """Return True if the sweep ended the order's subscription at an instant, in nobody's name."""
    ended = SubscriptionEvent.objects.filter(subscription=order.subscription_id, occurred_at=at)
    return ended.swept().exists()


def _follow_refusal(order: Order, subscription: Subscription) -> None:
    """End an agreement that is older than the order's page, before which it was asked for and not wanted."""
    if order.way != Order.Way.PAGE:
        return
    sold = _sold(order) if order.kind == Order.Kind.CHANGE else {}  # shown when it is turned on later
    earlier = Renewal.objects.filter(subscription=subscription, agreed_at__lte=_consented_at(order))
    earlier.update(auto_renew=False, **sold)


def _consented_at(order: Order) -> datetime:
    return order.consented_at or order.opened_at


@contextmanager
def kept_ended(order: Order, subscription: Subscription) -> Iterator[None]:
    """Keep an agreement ended that is over, although the block gives the locked subscription the order's period.

    It is over if the subscription was cancelled since and not resumed, or had ended before the order opened. One that
    the sweep ended while the order's money was on its way goes on, and one that stays cancelled can be resumed. Two
    queries at most, and none for an active one.
    """
    is_over = _is_over(order, subscription)
    yield
    if is_over and subscription.status == Subscription.Status.ACTIVE:
        Renewal.objects.filter(subscription=subscription).update(auto_renew=False)


def _is_over(order: Order, subscription: Subscription) -> bool:
    if subscription.status == Subscription.Status.ACTIVE:
        return False
    if subscription.expired_at is None or subscription.expired_at <= order.opened_at:
        return True
    return last_decision(subscription, F("subscription__renewal__agreed_at")) == Transition.CANCELLED


def last_decision(subscription: Subscription, since: datetime | F) -> str:
    """Return how somebody last decided whether the subscription ends, if anybody has since then. One query."""
    decided = subscription.events.filter(transition__in=ENDING, occurred_at__gte=since).order_by("pk")
    last = decided.last()
    return last.transition if last else ""


def renews_already(order: Order) -> bool:
    """Return True for a renewal of what renews automatically, and was not cancelled and has not ended. One query."""
    return order.kind == Order.Kind.RENEWAL and _agreed(order).exists()


def charge_after(order: Order, now: datetime) -> str:
    """Return the amount and currency of the first charge after an order that `renews_already` is paid, as text."""
    renewal = _agreement(order)
    following = next_period(purchase_of(order).applied_to(order.plan), now, renewal.subscription)
    amount = renewal.charge_from(following.end)
    if _is_comparable(order, renewal):
        amount = min(amount, order.price)
    return f"{money.formatted(amount, renewal.currency)} {renewal.currency}"


def _sold(order: Order) -> dict[str, Any]:
    """Return price and length of the order's period, as an agreement stores them."""
    length = {"duration_days": order.duration_days, "duration_months": order.duration_months}
    return {"amount": order.price, "currency": order.currency} | length


def _agreed(order: Order) -> QuerySet[Renewal]:
    active = {"subscription__status": Subscription.Status.ACTIVE, "subscription__expired_at": None}
    return Renewal.objects.charged().filter(subscription=order.subscription_id, **active)


def _agreement(order: Order) -> Renewal:
    return _agreed(order).select_related("subscription__plan", "subscription__next_plan").get()


def _is_comparable(order: Order, renewal: Renewal) -> bool:
    """Return True if the price of the order is one for the agreement: in its currency, and for as long a period."""
    return (order.currency, order.length) == (renewal.currency, renewal.length)


def _lower(order: Order) -> None:
    """Charge no more for later periods, nor what was announced for them, than was paid for this one."""
    renewal = _agreement(order)
    if not _is_comparable(order, renewal):
        return
    renewal.amount = min(renewal.amount, order.price)
    if renewal.new_amount is not None:
        renewal.new_amount = min(renewal.new_amount, order.price)
    renewal.save(update_fields=["amount", "new_amount"])
