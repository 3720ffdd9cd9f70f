"""Outbox protocol: claim under a lease, record the intent, finish under the same lease. Database only, no AWS.

A row that was claimed and not submitted goes back to `pending` when its lease has ended; one that was submitted becomes
`unknown`, because the message may be out (`unconfirmed` goes on from there). Every write by a deliverer carries its
lease token, so that one who was frozen past its lease changes nothing. No transaction is open while AWS is called.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from foundation.jobs.garbage_collection import gc_paused
from foundation.orm.any_of import any_of
from foundation.orm.text_by_key import TextByKey
from foundation.orm.update_returning import update_returning
from notifications import channel_registry
from notifications.aws.results import Result, ResultKind
from notifications.channels import lookup, retry
from notifications.channels.delivery_channel import DeliveryChannel
from notifications.errors import NotToBeSentAgain
from notifications.models import Notification, NotificationQuerySet, State, database_time

THROTTLED_DELAY = timedelta(seconds=5)

FINAL_STATES = {
    ResultKind.ACCEPTED: State.SENT,
    ResultKind.REFUSED: State.FAILED,
    ResultKind.UNDELIVERABLE: State.SUPPRESSED,
    ResultKind.OBSOLETE: State.OBSOLETE,
}
SENT_AGAIN = (State.FAILED, State.UNKNOWN)
REPLAYED = (State.SENT, State.FAILED, State.UNKNOWN)
RELEASED: dict[str, Any] = {"lease_token": None, "lease_until": None}


@dataclass(frozen=True)
class Claim:
    """Rows that this deliverer holds until their lease ends."""

    lease_token: UUID
    notifications: list[Notification]

    def submit(self, keys: Collection[int]) -> list[int]:
        """Record the intent to call AWS for these rows; return those that are still held. No other may be sent."""
        begins_in_time = self._held().filter(lease_until__gt=database_time(settings.DELIVERY_CALLS))
        still_held = begins_in_time.filter(any_of("pk", keys))
        return sorted(row.pk for row in update_returning(still_held, submitted_at=database_time())) if keys else []

    def finish(self, results: Mapping[int, Result]) -> int:
        """Write the results of the rows, by primary key; return the number of rows that were still held."""
        alike: dict[_Alike, list[int]] = defaultdict(list)
        for row in self.notifications:
            if result := results.get(row.pk):
                alike[_Alike.of(row, result)].append(row.pk)
        return sum(
            self._held().filter(any_of("pk", keys)).update(message_id=_message_ids(keys, results), **_changes(what))
            for what, keys in alike.items()
        )

    def _held(self) -> NotificationQuerySet:
        return Notification.objects.held(self.lease_token)


class _Alike(NamedTuple):
    """Key of the rows that one statement changes alike."""

    kind: ResultKind
    error: str
    channel: str
    attempts: int
    resends: int

    @classmethod
    def of(cls, row: Notification, result: Result) -> "_Alike":
        """Return the key of a row. Attempts matter only for another attempt, and resends only for a confirmation."""
        attempts = row.attempts if result.kind is ResultKind.UNSENT else 0
        resends = row.resends if result.kind is ResultKind.UNKNOWN else 0
        return cls(result.kind, result.error, row.channel, attempts, resends)


def claim(channel: str, limit: int) -> Claim:
    """Claim up to `limit` due rows of the channel for DELIVERY_LEASE. Raises UnknownChannel."""
    token, kind = uuid4(), lookup.get(channel)
    with gc_paused(), transaction.atomic():
        taken = _lock_due(kind, limit)
        if taken:
            until = database_time(settings.DELIVERY_LEASE)
            Notification.objects.filter(any_of("pk", [row.pk for row in taken])).update(
                state=State.SENDING, lease_token=token, lease_until=until, submitted_at=None
            )
    return Claim(token, sorted(taken, key=lambda row: row.pk))


def _lock_due(channel: DeliveryChannel, limit: int) -> list[Notification]:
    """Lock account mails, for which somebody waits, and then the others, oldest first."""
    rows = Notification.objects.order_by("due_at", "pk").select_for_update(of=("self",), skip_locked=True)
    first = list(rows.due(channel.name).account_mails()[:limit]) if channel.has_account_mails else []
    # The condition makes the joins inner ones; PostgreSQL took six times as long with outer joins.
    of_events = rows.claimable(channel.name, channel.ordering).filter(event__subscription__user__isnull=False)
    taken = first + list(of_events.select_related(*channel.related)[: limit - len(first)])
    if channel.related_to_payments and len(taken) < limit:
        of_payments = rows.of_payments(channel.name).select_related(*channel.related_to_payments)
        taken += list(of_payments[: limit - len(taken)])
    if not channel.has_account_mails or len(taken) == limit:
        return taken
    return taken + list(rows.due(channel.name).filter(event__isnull=True, account_kind="")[: limit - len(taken)])


def release_abandoned() -> int:
    """Release the rows whose lease has ended, of deliverers that died or were frozen; return their number."""
    abandoned = Notification.objects.abandoned()
    if not abandoned.exists():  # an idle delivery writes nothing, and so leaves a database that sleeps asleep
        return 0
    unsent = abandoned.filter(submitted_at__isnull=True).update(state=State.PENDING, **RELEASED)
    submitted = abandoned.filter(submitted_at__isnull=False)
    kinds = set(submitted.filter(channel__in=channel_registry.names()).values_list("channel", "resends"))
    return unsent + sum(
        submitted.filter(channel=channel, resends=resends).update(
            **_waiting(channel, resends, "deliverer died while it sent")
        )
        for channel, resends in kinds
    )


def send_again(keys: Collection[int], stands: State) -> int:
    """Return rows that are still `failed`, or `unknown`, to pending; return their number.

    What is unknown may be out already, and then arrives twice. The last error stays readable until the next try.
    Raises NotToBeSentAgain for any other state.
    """
    if stands not in SENT_AGAIN:
        raise NotToBeSentAgain(f"{stands} is not one of {', '.join(SENT_AGAIN)}")
    return Notification.objects.filter(pk__in=keys, state=stands).update(
        state=State.PENDING, finished_at=None, due_at=database_time(), attempts=0, submitted_at=None
    )


def replay(keys: Collection[int]) -> int:
    """Publish the finished rows of channels that can replay once more, under the same id; return their number."""
    return Notification.objects.filter(pk__in=keys, channel__in=replayed_channels(), finished_at__isnull=False).update(
        state=State.PENDING, finished_at=None, due_at=database_time(), attempts=0, submitted_at=None
    )


def replayed_channels() -> list[str]:
    """Return the names of the channels whose messages may be published once more."""
    return [channel.name for channel in lookup.every() if channel.can_replay]


def final_state(kind: ResultKind, attempts: int) -> State | None:
    """Return the final state after this many earlier attempts, or None if another attempt follows."""
    if kind is ResultKind.UNSENT and attempts + 1 >= retry.MAXIMUM_ATTEMPTS:
        return State.FAILED
    return FINAL_STATES.get(kind)


def _message_ids(keys: Collection[int], results: Mapping[int, Result]) -> TextByKey:
    return TextByKey("pk", {key: results[key].message_id for key in keys})


def _changes(what: _Alike) -> dict[str, Any]:
    if what.kind is ResultKind.UNKNOWN:
        return _waiting(what.channel, what.resends, what.error)
    if state := final_state(what.kind, what.attempts):
        return RELEASED | {"state": state, "finished_at": database_time(), "error": what.error}
    if what.kind is ResultKind.PAUSED:
        return RELEASED | {"state": State.PENDING, "submitted_at": None, "error": what.error}
    counted = 1 if what.kind is ResultKind.UNSENT else 0
    wait = retry.delay(what.attempts + 1, random.random()) if counted else THROTTLED_DELAY  # noqa: S311 - spreads load
    return RELEASED | {
        "state": State.PENDING,
        "due_at": database_time(wait),
        "attempts": F("attempts") + counted,
        "submitted_at": None,
        "error": what.error,
    }


def _waiting(channel: str, resends: int, error: str) -> dict[str, Any]:
    due_at = database_time(lookup.get(channel).grace(resends))
    return RELEASED | {"state": State.UNKNOWN, "due_at": due_at, "error": error}
