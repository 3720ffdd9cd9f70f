"""Errors of the app. Each message says what the reader can do."""

from collections.abc import Mapping
from datetime import datetime


class SubscriptionError(Exception):
    """Base of this app's errors."""


class UnknownUser(SubscriptionError, LookupError):
    """The user is not, or no longer, in the database, or was erased."""


class UnknownPlan(SubscriptionError, LookupError):
    """The plan is not, or no longer, in the database."""


class UnknownSubscription(SubscriptionError, LookupError):
    """The subscription is not, or no longer, in the database."""


class PlanNotOnSale(SubscriptionError, ValueError):
    """The plan exists but takes no new subscribers."""


class NoTrial(SubscriptionError, ValueError):
    """The plan has no free trial. Subscribe to it."""


class TrialUsed(SubscriptionError, ValueError):
    """The person has had a free trial, of this plan or another. Subscribe without one."""


class IllegalTransition(SubscriptionError, ValueError):
    """The state machine has no such move from the subscription's present state."""


class AlreadySubscribed(IllegalTransition):
    """The user has another live subscription, cancelled or not, to the same plan: `subscription_id`, where known."""

    def __init__(self, message: str, subscription_id: int | None = None) -> None:
        super().__init__(message)
        self.subscription_id = subscription_id


class RenewalTooEarly(IllegalTransition):
    """More than one period of a free plan is left, so its owner may not renew it before `possible_from`."""

    def __init__(self, subscription: object, possible_from: datetime) -> None:
        super().__init__(
            f"{subscription} has more than one period left. Renew it on or after {possible_from:%Y-%m-%d %H:%M} UTC."
        )
        self.possible_from = possible_from


class PlanUnchanged(IllegalTransition):
    """The subscription has this plan already, and no change is planned. Choose another plan."""


class CurrencyDiffers(IllegalTransition):
    """The plans have prices in different currencies. Cancel, and subscribe to the other plan."""


class FreePlanAtOnce(IllegalTransition):
    """What was paid cannot become time of a free plan. Change to it at the end of the period."""


class ChangeOrdered(IllegalTransition):
    """Another change of plan is being paid. Pay that order, or withdraw it."""


class ChangeTooEarly(RenewalTooEarly):
    """The next renewal changes the plan, and paid time of the present one is left."""

    def __init__(self, subscription: object, possible_from: datetime) -> None:
        IllegalTransition.__init__(
            self,
            f"{subscription} changes its plan with the next renewal, which is possible from "
            f"{possible_from:%Y-%m-%d %H:%M} UTC on. Undo the change or wait.",
        )
        self.possible_from = possible_from


class ChangedMeanwhile(SubscriptionError, RuntimeError):
    """A plan or subscription is no longer as it was shown to somebody who acts on it; nothing was done.

    `present` has the terms that differ, by name, as they are now.
    """

    def __init__(self, subject: object, present: Mapping[str, object]) -> None:
        super().__init__(f"{subject} has changed since it was shown; look at it again")
        self.present = present


class PaymentRequired(SubscriptionError):
    """The period must be paid for first: `order_id`, on the page `pay_url`."""

    def __init__(self, order_id: int, pay_url: str) -> None:
        super().__init__(f"pay order {order_id} first; the period is given when the money has arrived")
        self.order_id = order_id
        self.pay_url = pay_url


class InvalidReason(SubscriptionError, ValueError):
    """The reason is longer than the history can hold."""


class InvalidMetadata(SubscriptionError, ValueError):
    """An integrator's id or metadata of a subscription is beyond the bounds of `subscriptions.metadata`."""


class InvalidPeriod(SubscriptionError, OverflowError):
    """The new end would lie beyond the last date that can be stored."""


class TransitionNotRecorded(SubscriptionError, RuntimeError):
    """The database did not write one event for each changed row, so the transition was undone."""

    def __init__(self, transition: str, rows: int, events: int) -> None:
        super().__init__(
            f"{transition}: {rows} rows changed, but {events} events written; nothing was changed. "
            "See that all statements of a transaction reach one database, and that no rule or trigger drops rows."
        )


class SweepAborted(SubscriptionError, RuntimeError):
    """So many subscriptions failed that the cause must be general; the sweep stopped and recorded what it did."""


class ManagedGroupProtected(SubscriptionError, ValueError):
    """A group that subscriptions manage would be renamed, deleted, or given permissions."""


NOT_FOUND = (UnknownPlan, UnknownSubscription, UnknownUser)
"""Errors that mean there is no such object: 404."""

CONFLICTS = (AlreadySubscribed, ChangedMeanwhile, IllegalTransition, InvalidPeriod, NoTrial, PlanNotOnSale, TrialUsed)
"""Errors that conflict with the present state: 409."""
