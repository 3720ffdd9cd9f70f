"""Recording of a transition: its events and the strict signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import DateTimeField, F, Value

from foundation.orm.any_of import any_of
from foundation.orm.insert_select import insert_select_returning
from subscriptions.errors import TransitionNotRecorded
from subscriptions.models import Plan, Subscription, SubscriptionEvent, Transition
from subscriptions.signals import subscriptions_transitioned

UNCHANGED = F("end_date")
"""The old end of a transition that leaves the end where it was."""

ACTOR = SubscriptionEvent._meta.get_field("actor")
OLD_PLAN = SubscriptionEvent._meta.get_field("old_plan")


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
    old_plan: Plan | None = None
    """The plan before it, of a change of plan."""

    def write(self, sender: type, subscriptions: Sequence[Subscription]) -> list[int]:
        """Insert one event for each subscription, whose row is changed already, and send the strict signal.

        Return the keys of the events. The announcement is registered before this: a strict receiver may make another
        transition. Raises TransitionNotRecorded, because a transition without an event would tell nobody.
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
        return event_ids

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
            "old_plan": Value(self.old_plan.pk if self.old_plan else None, output_field=OLD_PLAN),
            "duration_months": Value(self.sold.duration_months if self.sold else 0),
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
