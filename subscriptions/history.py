"""How a transition is put on record: its events, the strict signal, and the public signals once it is committed."""

import logging
from collections.abc import KeysView, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import DateTimeField, F, Value, prefetch_related_objects
from django.dispatch import Signal

from foundation.any_of import any_of
from foundation.insert_select import insert_select_returning
from subscriptions.errors import TransitionNotRecorded
from subscriptions.models import Plan, Subscription, SubscriptionEvent, Transition
from subscriptions.signals import subscriptions_transitioned

logger = logging.getLogger(__name__)

LAZY_RELATIONS = frozenset({"user", "plan"})

UNCHANGED = F("end_date")
"""The old end of a transition that leaves the end where it was."""

ACTOR = SubscriptionEvent._meta.get_field("actor")


@dataclass(frozen=True)
class Record:
    """A transition that some subscriptions have just made, and what the history says of it."""

    transition: Transition
    now: datetime
    actor: AbstractBaseUser | None = None
    reason: str = ""
    old_end_date: Value | F = UNCHANGED
    sold: Plan | None = None
    """The plan, locked, of which a period was sold: its price is recorded as it was read. None: the present price."""

    def write(self, sender: type, subscriptions: Sequence[Subscription]) -> None:
        """Insert one event for each subscription, whose row is changed already, and send the strict signal.

        The announcement is registered before this: a strict receiver may make another transition. Raises
        TransitionNotRecorded, because a transition without an event would tell nobody.
        """
        columns = self._columns()
        event_ids = insert_select_returning(SubscriptionEvent, list(columns), _selected(subscriptions, columns))
        if len(event_ids) != len(subscriptions):
            raise TransitionNotRecorded(self.transition, len(subscriptions), len(event_ids))
        subscriptions_transitioned.send(
            sender,
            transition=self.transition,
            event_ids=event_ids,
            user_ids=[subscription.user_id for subscription in subscriptions],
            now=self.now,
        )

    def _columns(self) -> dict[str, Value | F]:
        return {
            "subscription": F("pk"),
            "transition": Value(self.transition.value),
            "occurred_at": Value(self.now, output_field=DateTimeField()),
            "actor": Value(self.actor.pk if self.actor else None, output_field=ACTOR),
            "reason": Value(self.reason),
            "old_end_date": self.old_end_date,
            "new_end_date": F("end_date"),
            "plan": F("plan"),
            **self._price(),
        }

    def _price(self) -> dict[str, Value | F]:
        if self.sold is None:
            return {"price": F("plan__price"), "currency": F("plan__currency")}
        price = Value(self.sold.price, output_field=SubscriptionEvent._meta.get_field("price"))
        return {"price": price, "currency": Value(self.sold.currency)}


def _selected(subscriptions: Sequence[Subscription], columns: dict[str, Value | F]) -> Any:
    rows = Subscription.objects.filter(any_of("pk", [subscription.pk for subscription in subscriptions]))
    return rows.values_list(*columns.values())


def announce_on_commit(signal: Signal, sender: type, subscriptions: Sequence[Subscription], **arguments: Any) -> None:
    """Send a public signal once for each subscription, after the transaction has committed; none if it does not."""
    if signal.has_listeners(sender):
        # Robust: the transition is committed, and others have work to do after the commit.
        transaction.on_commit(lambda: announce(signal, sender, subscriptions, **arguments), robust=True)


def announce(signal: Signal, sender: type, subscriptions: Sequence[Subscription], **arguments: Any) -> None:
    """Send the signal once for each subscription; count the receivers that failed in one line of the log.

    Django logs each failure itself, with the receiver's name and the traceback. Of a claimed batch neither user nor
    plan is loaded: what a receiver first asks for is then loaded for all that follow.
    """
    failed = 0
    lazy = LAZY_RELATIONS - _loaded(subscriptions[0])
    for number, subscription in enumerate(subscriptions):
        for _, answer in signal.send_robust(sender, subscription=subscription, **arguments):
            if isinstance(answer, Exception):
                failed += 1
        if asked := lazy & _loaded(subscription):
            prefetch_related_objects(subscriptions[number + 1 :], *asked)
            lazy -= asked
    if failed:
        logger.error("receivers of a public signal failed", extra={"failed_receivers": failed})


def _loaded(subscription: Subscription) -> KeysView[str]:
    # Asking each relation whether it is cached is dearer, and every row of a sweep is asked.
    return subscription._state.fields_cache.keys()  # noqa: SLF001 - Model._state is documented, and its cache not
