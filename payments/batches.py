"""Batches of a job, for as long as its time lasts."""

from collections.abc import Callable, Collection
from datetime import timedelta

from foundation.orm.any_of import any_of
from subscriptions.models import Subscription
from subscriptions.models.subscription import SubscriptionQuerySet

BATCH = 500
"""Subscriptions per transaction, which holds their users' locks."""

RESERVE = timedelta(seconds=10)
"""Time that must be left to begin a batch."""


def in_batches(work: Callable[[], int | None], time_left: Callable[[], timedelta]) -> int:
    """Work until nothing is left and None comes back, or the time is over; return the sum of what came back."""
    done = 0
    while time_left() > RESERVE and (found := work()) is not None:
        done += found
    return done


def still_found(rows: SubscriptionQuerySet, claimed: Collection[Subscription]) -> list[int]:
    """Return the keys of those of the claimed rows that the query still finds, now that they are locked.

    PostgreSQL judges a condition on another table by the snapshot that the claim began with, which is older than its
    locks: an order or an agreement that was committed in between is seen only by another statement.
    """
    keys = rows.filter(any_of("pk", [subscription.pk for subscription in claimed])).values_list("pk", flat=True)
    return list(keys)
