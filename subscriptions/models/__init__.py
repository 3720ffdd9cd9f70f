"""Plans, subscriptions, their history, and the runs of the sweep and the audit."""

from subscriptions.models.event import BEGINS_A_PERIOD, REASON_LENGTH, SubscriptionEvent, Transition
from subscriptions.models.plan import MAXIMUM_DURATION_DAYS, Plan
from subscriptions.models.requests import IdempotentRequest
from subscriptions.models.runs import AccessAuditRun, SweepRun
from subscriptions.models.subscription import (
    EXTERNAL_ID_LENGTH,
    LOCK_WAIT,
    RENEWAL_AHEAD,
    Subscription,
    SubscriptionQuerySet,
)

__all__ = [
    "BEGINS_A_PERIOD",
    "EXTERNAL_ID_LENGTH",
    "LOCK_WAIT",
    "MAXIMUM_DURATION_DAYS",
    "REASON_LENGTH",
    "RENEWAL_AHEAD",
    "AccessAuditRun",
    "IdempotentRequest",
    "Plan",
    "Subscription",
    "SubscriptionEvent",
    "SubscriptionQuerySet",
    "SweepRun",
    "Transition",
]
