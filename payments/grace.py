"""Grace period of a renewal order: until then its charge is tried, and access goes on."""

import contextlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.db.models import Exists, F, OuterRef

from foundation.orm.any_of import any_of
from payments.models import Order, OrderState
from subscriptions.errors import IllegalTransition
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService


def grace_until(order: Order) -> datetime:
    """Return the instant at which access ends unless the order is paid."""
    return order.subscription.access_end if order.subscription else order.opened_at


def grant(locked: Iterable[Subscription]) -> None:
    """Grant the grace period of their plans to subscriptions that the caller has locked, with their plans loaded."""
    days = attrgetter("plan.grace_days")
    for number, alike in groupby(sorted(locked, key=days), days):
        rows = Subscription.objects.filter(any_of("pk", [subscription.pk for subscription in alike]))
        rows.update(grace_until=F("end_date") + timedelta(days=number))


def take_back(subscription_id: int) -> None:
    """Let access end with the paid time, because no renewal is collected any more. Money on its way keeps the grace.

    The caller holds the lock of the owner.
    """
    on_its_way = Order.objects.unfinished().filter(subscription=OuterRef("pk"), state=OrderState.PENDING)
    granted = Subscription.objects.filter(pk=subscription_id, expired_at=None, grace_until__isnull=False)
    granted.filter(~Exists(on_its_way)).update(grace_until=None)


def extend_for_pending(order: Order, now: datetime) -> None:
    """Let access go on for PENDING_GRACE_DAYS after the end while money is on its way, as SEPA's is for days.

    A subscription that is cancelled or has ended gets no grace; its money renews it when it arrives.
    """
    if order.kind != Order.Kind.RENEWAL or order.subscription is None or order.period_start is None:
        return
    until = order.period_start + timedelta(days=settings.PENDING_GRACE_DAYS)
    if order.subscription.access_end < until:
        with contextlib.suppress(IllegalTransition):
            SubscriptionService.grant_grace(order.subscription, until, now=now)
