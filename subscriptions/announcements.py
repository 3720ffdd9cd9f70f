"""Public signals: sent once a transition is committed, for as long as there is time."""

import logging
from collections.abc import Callable, Generator, KeysView, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import prefetch_related_objects
from django.dispatch import Signal

from foundation.orm.any_of import any_of
from subscriptions.models import Subscription
from subscriptions.models.subscription import DEFERRED

logger = logging.getLogger(__name__)

LAZY_RELATIONS = frozenset({"user", "plan"})

RESERVE = timedelta(seconds=3)
"""Time kept back for the last receiver that was called, and for the record of the run."""

FIRST_BATCH = 100
"""Subscriptions ended at once while nobody knows how long the receivers take, and at least, however long they take:
access ends on time even where a receiver waits for somebody who does not answer."""


def unlimited() -> timedelta:
    """Return the time left where nothing limits it: in a command, on a laptop."""
    return timedelta.max


A_DAY = timedelta(days=1)
"""Longer than any invocation lasts: the time is not limited."""


@dataclass
class Pace:
    """Estimate of what can be announced in the time left, from how long the receivers have taken so far.

    A receiver that is at work is not interrupted.
    """

    time_left: Callable[[], timedelta]
    signal: Signal
    sender: type
    unannounced: int = field(default=0, init=False)
    """Subscriptions for which the time was over; no receiver has been called for them."""
    _each: timedelta | None = field(default=None, init=False)
    """Time per announcement of the latest batch; None until one has been announced."""

    def batch_size(self, most: int, available: timedelta) -> int:
        """Return how many subscriptions, `most` at most, can be announced in the time that is available."""
        if not self.signal.has_listeners(self.sender) or available > A_DAY:
            return most
        if self._each is None:
            return min(most, FIRST_BATCH)
        return min(most, max(FIRST_BATCH, available // self._each)) if self._each else most

    def within(self, subscriptions: Sequence[Subscription]) -> Generator[Subscription]:
        """Yield the subscriptions one by one until the time is over; count those that are left."""
        before, announced = self.time_left(), 0
        try:
            for subscription in subscriptions:
                if self.time_left() < RESERVE:
                    break
                yield subscription
                announced += 1
        finally:
            self._each = (before - self.time_left()) / announced if announced else None
            self._leave(len(subscriptions) - announced)

    def _leave(self, number: int) -> None:
        self.unannounced += number
        if number:
            logger.error("receivers of a public signal were not called", extra={"unannounced": number})


def announce_on_commit(
    signal: Signal, sender: type, subscriptions: Sequence[Subscription], pace: Pace | None = None, **arguments: Any
) -> None:
    """Send a public signal once for each subscription, after the transaction has committed; none if it does not."""
    if signal.has_listeners(sender):
        pace = pace or Pace(unlimited, signal, sender)
        # Robust: the transition is committed, and others have work to do after the commit.
        transaction.on_commit(lambda: announce(signal, sender, subscriptions, pace, **arguments), robust=True)


def announce(signal: Signal, sender: type, subscriptions: Sequence[Subscription], pace: Pace, **arguments: Any) -> None:
    """Send the signal once for each subscription; count the receivers that failed in one line of the log.

    Django logs each failure itself, with the receiver's name and the traceback. Of a claimed batch neither user, plan
    nor metadata is loaded: what a receiver first asks for is then loaded for all that follow.
    """
    failed = 0
    lazy = LAZY_RELATIONS - _loaded(subscriptions[0])
    has_deferred = DEFERRED not in vars(subscriptions[0])
    with closing(pace.within(subscriptions)) as in_time:
        for number, subscription in enumerate(in_time):
            for _, answer in signal.send_robust(sender, subscription=subscription, **arguments):
                if isinstance(answer, Exception):
                    failed += 1
            if asked := lazy & _loaded(subscription):
                prefetch_related_objects(subscriptions[number + 1 :], *asked)
                lazy -= asked
            if has_deferred and DEFERRED in vars(subscription):
                _read_deferred(subscriptions[number + 1 :])
                has_deferred = False
    if failed:
        logger.error("receivers of a public signal failed", extra={"failed_receivers": failed})


def _loaded(subscription: Subscription) -> KeysView[str]:
    # Asking each relation whether it is cached is dearer, and every row of a sweep is asked.
    return subscription._state.fields_cache.keys()  # noqa: SLF001 - Model._state is documented, and its cache not


def _read_deferred(subscriptions: Sequence[Subscription]) -> None:
    keys = [subscription.pk for subscription in subscriptions]
    rows = Subscription.objects.using(DEFAULT_DB_ALIAS).filter(any_of("pk", keys))  # a replica may lag behind
    found = dict(rows.values_list("pk", DEFERRED))
    for subscription in subscriptions:
        if subscription.pk in found:
            setattr(subscription, DEFERRED, found[subscription.pk])
