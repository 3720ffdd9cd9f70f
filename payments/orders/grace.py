"""Grace period of a renewal order: until then its charge is tried, and access goes on."""

import contextlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet

from foundation.orm.any_of import any_of
from payments.models import Order, OrderState, Renewal
from subscriptions.errors import IllegalTransition
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService

TIME_TO_PAY = timedelta(days=1)
"""For a subscriber whose money turned out not to arrive after the grace period of the plan."""


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
    """Let access end with the paid time if the subscription does not renew by itself any more.

    Money that may be on its way keeps the grace period until it is known to be not. The caller holds the lock of the
    owner.
    """
    granted = Subscription.objects.filter(pk=subscription_id, expired_at=None, grace_until__isnull=False)
    renews = Renewal.objects.filter(subscription=OuterRef("pk"), auto_renew=True)
    granted.filter(~Exists(renews), ~Exists(_may_be_on_its_way())).update(grace_until=None)


def money_on_its_way(subscription_ids: Collection[int]) -> set[int]:
    """Return those that go on when money arrives that is on its way, whatever their owner does. One query at most."""
    if not subscription_ids:
        return set()
    renewals = Order.objects.unfinished().filter(any_of("subscription", subscription_ids), kind=Order.Kind.RENEWAL)
    pending = renewals.filter(state=OrderState.PENDING)
    return set(pending.values_list("subscription", flat=True))


def ends_access(order: Order, now: datetime) -> bool:
    """Return True if access ends at once when the order is withdrawn. One query at most."""
    if order.kind != Order.Kind.RENEWAL or order.subscription is None:
        return False
    return order.subscription.is_late(now) and not money_on_its_way([order.subscription.pk])


def _may_be_on_its_way() -> QuerySet[Order]:
    orders = Order.objects.unfinished().filter(subscription=OuterRef("pk"), kind=Order.Kind.RENEWAL)
    called = orders.exclude(reference="")  # nothing was charged before there is one
    return called.filter(state__in=[OrderState.CLAIMED, OrderState.UNKNOWN, OrderState.PENDING])


def end_extension(order: Order, now: datetime) -> None:
    """Let access end as if no money had been on its way, after it did not arrive: with the grace period of the plan.

    Whoever is told of it keeps a day to pay in. The caller holds the lock of the owner.
    """
    if order.kind != Order.Kind.RENEWAL or order.subscription is None or order.period_start is None:
        return
    until = max(order.period_start + timedelta(days=order.subscription.plan.grace_days), now + TIME_TO_PAY)
    extended = Subscription.objects.filter(pk=order.subscription.pk, grace_until__gt=until, expired_at=None)
    if extended.update(grace_until=until):
        order.subscription.grace_until = until


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
