"""Renewal orders: opened a day before the end on the terms that were agreed to, together with the grace period."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from foundation.orm.active_users import active_users
from payments.batches import BATCH, in_batches, still_found
from payments.charging.tries import first_try
from payments.isolation import apart
from payments.models import Order, OrderState, Renewal
from payments.orders import grace
from payments.orders.opening import void
from payments.renewal.second_subscriptions import end_renewal, has_planned_plan
from subscriptions.models import RENEWAL_AHEAD, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.services import SubscriptionService


def open_orders(provider: str, now: datetime, time_left: Callable[[], timedelta], batch: int = BATCH) -> int:
    """Open the renewal orders of the subscriptions that end within a day; return their number.

    Subscriptions that are cancelled, or have no usable method at the provider, end as before. What is locked by
    somebody else is left to the next run.
    """
    failed: set[int] = set()
    return in_batches(lambda: _open_batch(provider, now, batch, failed), time_left)


def _open_batch(provider: str, now: datetime, batch: int, failed: set[int]) -> int | None:
    """Open the orders of one batch. Subscriptions of which an error is known are left to the next run."""
    with transaction.atomic():
        ending = _to_renew(provider, now).filter(end_date__lte=now + RENEWAL_AHEAD).exclude(pk__in=list(failed))
        claimed = ending.claim(batch)
        if not claimed:
            return None
        keys = still_found(ending, claimed)
        agreed = _agreed(keys, now, failed)
        adopted = _adopt([renewal.subscription_id for renewal in agreed], now)
        charged = [renewal for renewal in agreed if renewal.charge]
        orders = [_order(renewal, provider, now) for renewal in charged if renewal.subscription_id not in adopted]
        Order.objects.bulk_create(orders)
        # At once with the order and not when a charge fails: the sweep cannot come between.
        grace.grant(renewal.subscription for renewal in charged)
        for renewal in agreed:
            if not renewal.charge:  # the planned plan is free
                with _apart(renewal.subscription, failed):
                    SubscriptionService.renew_subscription(renewal.subscription, now=now)
    return len({renewal.subscription_id for renewal in agreed} - failed)


@contextmanager
def _apart(subscription: Subscription, failed: set[int]) -> Iterator[None]:
    """Keep an error of this subscription, such as a strict receiver's, from all others of the run."""
    with apart(subscription=subscription.pk) as failures, transaction.atomic():
        yield
    if failures:
        failed.add(subscription.pk)


def _agreed(keys: Collection[int], now: datetime, failed: set[int]) -> list[Renewal]:
    """Return the renewals of the subscriptions. One to a plan that its subscriber gets otherwise ends instead."""
    found = Renewal.objects.filter(subscription__in=keys).annotate(is_second=has_planned_plan(now)).order_by("pk")
    agreed, planned = [], set()
    for renewal in found.select_related("subscription__plan", "subscription__next_plan"):
        subscription = renewal.subscription
        wanted = (subscription.user_id, subscription.next_plan_id)
        if wanted in planned or renewal.is_second:  # type: ignore[attr-defined] # annotated
            with _apart(subscription, failed):
                end_renewal(subscription, now)
        else:
            agreed.append(renewal)
            planned |= {wanted} if subscription.next_plan_id else set()
    return agreed


def next_opening(provider: str, now: datetime) -> datetime | None:
    """Return the instant at which the next renewal order opens, which may be past; None if none is to open."""
    ends = _to_renew(provider, now).order_by("end_date").values_list("end_date", flat=True)
    return end - RENEWAL_AHEAD if (end := ends.first()) else None


def _to_renew(provider: str, now: datetime) -> SubscriptionQuerySet:
    """Return the subscriptions that renew by themselves, have not ended, and have no order that will be charged.

    Those of deactivated users are left out: they can neither use what they would pay for, nor cancel it.
    """
    ordered = Order.objects.filter(
        subscription=OuterRef("pk"), period_start=OuterRef("end_date"), kind=Order.Kind.RENEWAL
    ).exclude(state=OrderState.VOID)
    unplanned = Q(state=OrderState.OPEN, due_at=None, close_requested_at=None)
    return Subscription.objects.filter(
        ~Exists(ordered.exclude(unplanned)),
        active_users("user"),
        status=Subscription.Status.ACTIVE,
        expired_at=None,
        end_date__gt=now,
        renewal__auto_renew=True,
        renewal__method__removed_at=None,
        renewal__method__provider=provider,
    )


def _adopt(keys: Collection[int], now: datetime) -> set[int]:
    """Plan the tries of orders that subscribers opened themselves; return the subscriptions that need no other.

    One on other terms than were agreed to is void, and another opens once it is.
    """
    adopted = set()
    opened = Order.objects.filter(
        subscription__in=keys, kind=Order.Kind.RENEWAL, state=OrderState.OPEN, period_start=F("subscription__end_date")
    )
    for order in opened.select_related("subscription__renewal", "subscription__plan", "subscription__next_plan"):
        if _is_agreed(order):
            order.due_at = first_try(order, now, _grace_until(order.subscription))
            order.save(update_fields=["due_at"])
        elif void(order, now).is_open:  # the charger closes it first
            pass
        else:
            continue
        adopted.add(order.subscription_id or 0)
    return adopted


def _is_agreed(order: Order) -> bool:
    assert order.subscription is not None  # noqa: S101 - the filter joins it
    agreed = order.subscription.renewal
    agreed_plan = order.subscription.next_plan_id or order.subscription.plan_id
    stated = (order.plan_id, order.amount, order.currency, order.length)
    return stated == (agreed_plan, agreed.charge, agreed.currency, agreed.length)


def _order(renewal: Renewal, provider: str, now: datetime) -> Order:
    subscription = renewal.subscription
    plan = renewal.plan_of(subscription)
    order = Order(
        user_id=subscription.user_id,
        plan=plan,
        subscription=subscription,
        kind=Order.Kind.RENEWAL,
        amount=renewal.charge,
        currency=renewal.currency,
        duration_days=plan.duration_days,
        duration_months=plan.duration_months,
        period_start=subscription.end_date,
        opened_at=now,
        terms=renewal.terms,
        way=Order.Way.CHARGE,
        provider=provider,
    )
    order.due_at = first_try(order, now, _grace_until(subscription))
    return order


def _grace_until(subscription: Subscription | None) -> datetime:
    """Return the end of the grace period that is granted with the order."""
    assert subscription is not None  # noqa: S101 - renewals have one
    return subscription.end_date + timedelta(days=subscription.plan.grace_days)
