"""Rules of the state machine: what a transition refuses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError

from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from foundation.orm.violations import violates_unique
from subscriptions.calendar_months import anchor_of
from subscriptions.errors import (
    AlreadySubscribed,
    ChangeTooEarly,
    IllegalTransition,
    InvalidPeriod,
    InvalidReason,
    RenewalTooEarly,
)
from subscriptions.models import MAXIMUM_DURATION_DAYS, REASON_LENGTH, RENEWAL_AHEAD, Plan, Subscription

Status = Subscription.Status


def refuse_ended(subscription: Subscription, now: datetime, wish: str) -> None:
    """Raise IllegalTransition if the subscription has ended; `wish` is the participle for the message."""
    if subscription.status == Status.EXPIRED or subscription.access_end <= now:
        raise IllegalTransition(f"{subscription} has ended and cannot be {wish}; renew it instead")


def refuse_long_reason(reason: str) -> None:
    """Raise InvalidReason if the text is longer than REASON_LENGTH characters."""
    if len(reason) > REASON_LENGTH:
        raise InvalidReason(f"a reason has at most {REASON_LENGTH} characters, this one has {len(reason)}")


class NextPeriod(NamedTuple):
    """End and anchor day of the period that a sale adds. The anchor day of a plan by days is 0."""

    end: datetime
    anchor_day: int


def next_period(plan: Plan, now: datetime, subscription: Subscription | None = None, anchor_day: int = 0) -> NextPeriod:
    """Return the period of the plan that follows what is left of the subscription, or begins at `now`.

    After a late payment it begins at the old end, because late days are not free, unless it would be over already. One
    that begins at `now` keeps the anchor day of those before it, if it begins on it.
    Raises InvalidPeriod beyond the last date that can be stored.
    """
    if subscription and subscription.access_end > now:
        following = _period(plan, subscription.end_date, subscription.anchor_day)
        if following.end > now:
            return following
    return _period(plan, now, anchor_day)


def _period(plan: Plan, begin: datetime, anchor_day: int = 0) -> NextPeriod:
    anchor = anchor_of(begin, anchor_day) if plan.duration_months else 0
    try:
        return NextPeriod(plan.end_after(begin, anchor), anchor)
    except (OverflowError, ValueError) as error:
        raise InvalidPeriod(f"a period from {begin} on ends beyond the last date that can be stored") from error


def free_days(plan: Plan, days: int) -> Plan:
    """Return the terms of so many days of the plan at the price 0. Raises InvalidPeriod beyond the bounds of a plan."""
    if not 1 <= days <= MAXIMUM_DURATION_DAYS:
        raise InvalidPeriod(f"{days} days cannot be given; use 1 to {MAXIMUM_DURATION_DAYS}")
    return Plan(pk=plan.pk, name=plan.name, price=Decimal(0), currency=plan.currency, duration_days=days)


def renewal_opens(subscription: Subscription, plan: Plan) -> datetime:
    """Return the first instant at which at most one period of the plan is left."""
    return plan.begin_before(subscription.end_date, anchor_of(subscription.end_date, subscription.anchor_day))


def allowed() -> bool:
    """Return True: a caller who is not limited."""
    return True


def refuse_early_renewal(subscription: Subscription, plan: Plan, now: datetime, early: Callable[[], bool]) -> None:
    """Raise RenewalTooEarly if more than one period of the plan is left at `now`, unless `early` allows it."""
    opens = renewal_opens(subscription, plan)
    if now < opens and not early():
        raise RenewalTooEarly(subscription, opens)


def change_opens(subscription: Subscription) -> datetime:
    """Return the first instant at which a renewal may go over to another plan: paid time of this one is not cut off."""
    return subscription.end_date - RENEWAL_AHEAD


def refuse_early_change(subscription: Subscription, plan: Plan, now: datetime) -> None:
    """Raise ChangeTooEarly if the renewal goes over to another plan while much of this one is left."""
    if plan.pk != subscription.plan_id and now < change_opens(subscription):
        raise ChangeTooEarly(subscription, change_opens(subscription))


@contextmanager
def one_live_at_most(user_id: Key, plan_id: int) -> Iterator[None]:
    """Raise AlreadySubscribed if the database refuses a second live subscription to the plan.

    A release without our locks may insert one at the same time.
    """
    try:
        yield
    except IntegrityError as error:
        if not violates_unique(error, Subscription, ["user", "plan"]):
            raise
        rows = Subscription.objects.filter(any_of("user", [user_id]), plan=plan_id, expired_at__isnull=True)
        others = list(rows.order_by("-pk").values_list("pk", flat=True)[:1])
        text = f"user {user_id} has another live subscription to plan {plan_id}"
        raise AlreadySubscribed(text, others[0] if others else None) from error


def already_subscribed(other: Subscription) -> AlreadySubscribed:
    """Return the error that names the other live subscription."""
    move = "resume" if other.status == Status.CANCELLED else "renew"
    return AlreadySubscribed(
        f"user {other.user_id} has the live {other} to plan {other.plan_id}, which is {other.status}; {move} that one",
        other.pk,
    )
