"""Renewals to a plan that the subscriber has besides: they end, because a charge would pay twice for the same time."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from payments.models import Order, Renewal
from payments.orders import grace
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
