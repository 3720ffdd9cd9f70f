"""Renewals to a plan that the subscriber has besides: they end, because a charge would pay twice for the same time."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from payments.models import Order, Renewal
from payments.orders import grace
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.plan_changes import undo_planned_change


def has_planned_plan(now: datetime) -> Q:
    """Return the condition on a renewal that another subscription of its user has the planned plan, or is to get it."""
    owned = {"user": OuterRef("subscription__user"), "plan": OuterRef("subscription__next_plan")}
    others = Order.objects.unfinished().exclude(subscription=OuterRef("subscription"))
    charged = others.filter(kind=Order.Kind.RENEWAL, way=Order.Way.CHARGE, **owned)
    return Exists(Subscription.objects.live(now).filter(**owned)) | Exists(charged)


def end_renewal(subscription: Subscription, now: datetime) -> None:
    """Turn the automatic renewal of a locked subscription off, and undo its planned change, of which a mail tells.

    Access ends with the paid time: the present plan is not charged, because its owner chose to leave it.
    """
    Renewal.objects.filter(subscription=subscription).update(auto_renew=False)
    undo_planned_change(subscription, now)
    grace.take_back(subscription.pk)


def end_renewals_to_bought(order: Order, now: datetime) -> None:
    """End the renewals that are being collected for the plan that the paid order has given otherwise.

    The caller holds the lock of the owner. Those that are not ordered yet end when they would be.
    """
    collected = Order.objects.unfinished().filter(kind=Order.Kind.RENEWAL, user_id=order.user_id, plan=order.plan_id)
    changing = collected.filter(subscription__next_plan=order.plan_id)
    for renewal in changing.select_related("subscription"):
        assert renewal.subscription is not None  # noqa: S101 - the filter joins it
        lock_subscription(renewal.subscription)
        end_renewal(renewal.subscription, now)
