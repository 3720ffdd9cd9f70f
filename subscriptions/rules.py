"""Rules of the state machine: what a transition refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError

from foundation.orm.key import Key
from foundation.orm.violations import violates_unique
from subscriptions.errors import AlreadySubscribed, IllegalTransition, InvalidPeriod, InvalidReason
from subscriptions.models import REASON_LENGTH, Subscription

Status = Subscription.Status


def refuse_ended(subscription: Subscription, now: datetime, wish: str) -> None:
    """Raise IllegalTransition if the subscription has ended; `wish` is the participle for the message."""
    if subscription.status == Status.EXPIRED or subscription.end_date <= now:
        raise IllegalTransition(f"{subscription} has ended and cannot be {wish}; renew it instead")


def refuse_long_reason(reason: str) -> None:
    """Raise InvalidReason if the text is longer than REASON_LENGTH characters."""
    if len(reason) > REASON_LENGTH:
        raise InvalidReason(f"a reason has at most {REASON_LENGTH} characters, this one has {len(reason)}")


def end_of_period(start: datetime, duration: timedelta) -> datetime:
    """Return the end of a period. Raises InvalidPeriod beyond the last date that can be stored."""
    try:
        return start + duration
    except OverflowError as error:
        raise InvalidPeriod(f"{duration} after {start} lies beyond the last date that can be stored") from error


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
        raise AlreadySubscribed(f"user {user_id} has another live subscription to plan {plan_id}") from error


def already_subscribed(other: Subscription) -> AlreadySubscribed:
    """Return the error that names the other live subscription."""
    move = "resume" if other.status == Status.CANCELLED else "renew"
    return AlreadySubscribed(
        f"user {other.user_id} has the live {other} to plan {other.plan_id}, which is {other.status}; {move} that one",
        other.pk,
    )
