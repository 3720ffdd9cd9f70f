"""Orders follow the transitions of their subscriptions, in the same transaction and set-based."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from foundation.orm.any_of import any_of
from payments import planned_changes
from payments.mails import tell_of_plan_change
from payments.models import Order, OrderState, Renewal
from subscriptions.models import Plan, Subscription, SubscriptionEvent, Transition

CONTINUING = (Order.Kind.RENEWAL, Order.Kind.CHANGE)

WAITING = (OrderState.OPEN, OrderState.NEEDS_SUBSCRIBER)
"""States in which no money is on its way, as far as is known."""

AT_THE_PAGE = Q(way=Order.Way.PAGE) & ~Q(reference="")
"""Orders that subscribers may have paid this second, of which no message has come yet."""


def end_orders(*, transition: Transition, event_ids: Collection[int], now: datetime, **kwargs: Any) -> None:
    """End the orders of subscriptions that will not be renewed, or were renewed otherwise.

    What was agreed to for the next renewal follows a change of plan.
    """
    if not settings.PAYMENT_PROVIDER:
        return
    if transition is Transition.CANCELLED:
        _close(_of(event_ids), now)
        planned_changes.forget(event_ids)
    elif transition is Transition.CHANGED:
        planned_changes.apply(event_ids)
        kept = Q(kind=Order.Kind.RENEWAL, plan=F("subscription__plan"), period_start=F("subscription__end_date"))
        _close(_of(event_ids).exclude(kept), now)
    elif transition is Transition.RENEWED:
        _close(_of(event_ids).exclude(period_start=F("subscription__end_date")), now)
    elif transition is Transition.EXPIRED:
        _give_up(_of(event_ids).exclude(_continued_by_money(event_ids)), now)


def follow_planned_change(
    *, subscription: Subscription, plan: Plan | None, actor: AbstractBaseUser | None, now: datetime, **kwargs: Any
) -> None:
    """Agree to the price of the planned plan, end the renewal order on other terms, and tell the subscriber."""
    planned_changes.agree_to_next(subscription, plan, actor)
    renewals = Order.objects.unfinished().filter(kind=Order.Kind.RENEWAL, subscription=subscription)
    _close(renewals.exclude(plan=plan or subscription.plan), now)
    tell_of_plan_change(subscription.user)


def end_agreement(*, subscription: Subscription, **kwargs: Any) -> None:
    """End the agreement of a subscription that goes on without being resumed or paid for: its owner is not charged."""
    Renewal.objects.filter(subscription=subscription).update(auto_renew=False)


def _of(event_ids: Collection[int]) -> QuerySet[Order]:
    events = SubscriptionEvent.objects.filter(any_of("pk", event_ids))
    return Order.objects.unfinished().filter(kind__in=CONTINUING, subscription__in=events.values("subscription"))


def _continued_by_money(event_ids: Collection[int]) -> Q:
    """Return the condition of orders whose money is on its way and continues what nobody has ended.

    Whoever ended a late subscription has lost its grace period. A change has none.
    """
    swept = SubscriptionEvent.objects.filter(any_of("pk", event_ids)).swept()
    changed = Q(kind=Order.Kind.CHANGE, subscription__in=swept.values("subscription"))
    return Q(state=OrderState.PENDING) & (Q(subscription__grace_until__isnull=False) | changed)


def _close(orders: QuerySet[Order], now: datetime) -> None:
    """Make orders void of which the provider knows nothing; the charger closes the others, and asks before that.

    No provider is called here: money that has moved meanwhile still becomes a period.
    """
    is_void = Q(state__in=WAITING, reference="")
    orders.update(
        state=Case(When(is_void, then=Value(OrderState.VOID)), default=F("state")),
        finished_at=Case(When(is_void, then=Value(now)), default=F("finished_at")),
        due_at=Case(When(is_void, then=None), default=Value(now)),
        close_requested_at=Case(When(is_void, then=F("close_requested_at")), default=Value(now)),
    )


def _give_up(orders: QuerySet[Order], now: datetime) -> None:
    """End the orders whose subscription has expired, in one statement; the charger closes what may still be paid."""
    ends = ~AT_THE_PAGE & Q(state__in=WAITING)
    orders.update(
        state=Case(
            When(ends, attempts__gt=0, then=Value(OrderState.GIVEN_UP)),
            When(ends, then=Value(OrderState.VOID)),
            default=F("state"),
        ),
        finished_at=Case(When(ends, then=Value(now)), default=F("finished_at")),
        due_at=Case(When(ends, then=None), default=Value(now)),
        close_requested_at=Case(
            When(ends, reference="", then=None), default=Coalesce("close_requested_at", Value(now))
        ),
    )
