"""The outbox protocol: claim under a lease, note the intent, finish under the same lease. Database only, no AWS.

A row that was claimed and not submitted goes back to `pending` when its lease has ended; one that was submitted becomes
`unknown`, because the message may be out. Every write by a deliverer carries its lease token, so that one who was
frozen past its lease changes nothing. No transaction is open while AWS is called.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Case, F, Value, When

from notifications import retry
from notifications.errors import NotToBeSentAgain
from notifications.models import Channel, Notification, NotificationQuerySet, State, database_time
from notifications.outcomes import Outcome, Verdict

LEASE = timedelta(minutes=2)
CALLS = timedelta(seconds=60)
"""What must be left of the lease when the intent is noted: all calls of one claim, which take 4 rounds of 13 s at most
(`delivery`'s rounds, `aws`' CONNECT_TIMEOUT + READ_TIMEOUT)."""

THROTTLED_DELAY = timedelta(seconds=5)

FINAL_STATES = {
    Verdict.ACCEPTED: State.SENT,
    Verdict.REFUSED: State.FAILED,
    Verdict.UNDELIVERABLE: State.SUPPRESSED,
    Verdict.UNKNOWN: State.UNKNOWN,
}
SENT_AGAIN = (State.FAILED, State.UNKNOWN)
RELEASED: dict[str, Any] = {"lease_token": None, "lease_until": None}


@dataclass(frozen=True)
class Claim:
    """Rows that this deliverer holds until their lease ends."""

    lease_token: UUID
    notifications: list[Notification]

    def submit(self, keys: Collection[int]) -> list[int]:
        """Note the intent to call AWS for these rows; return those that are still held. No other may be sent."""
        still_held = self._held().filter(pk__in=keys, lease_until__gt=database_time(CALLS))
        still_held.update(submitted_at=database_time())
        submitted = self._held().filter(pk__in=keys, submitted_at__isnull=False)
        return list(submitted.order_by("pk").values_list("pk", flat=True))

    def finish(self, outcomes: Mapping[int, Outcome]) -> int:
        """Write what became of the rows, by primary key; return how many of them were still held."""
        alike: dict[tuple[Verdict, str, int], list[int]] = defaultdict(list)
        for notification in self.notifications:
            if outcome := outcomes.get(notification.pk):
                alike[outcome.verdict, outcome.error, notification.attempts].append(notification.pk)
        return sum(
            self._held().filter(pk__in=keys).update(message_id=_message_ids(keys, outcomes), **_changes(*what))
            for what, keys in alike.items()
        )

    def _held(self) -> NotificationQuerySet:
        return Notification.objects.held(self.lease_token)


def claim(channel: Channel, limit: int) -> Claim:
    """Take up to `limit` rows of the channel that are due and held by nobody, oldest first, for the time of LEASE."""
    token = uuid4()
    with transaction.atomic():
        rows = Notification.objects.claimable(channel).order_by("due_at", "pk")
        keys = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if not keys:
            return Claim(token, [])
        Notification.objects.filter(pk__in=keys).update(
            state=State.SENDING, lease_token=token, lease_until=database_time(LEASE), submitted_at=None
        )
    held = Notification.objects.held(token).order_by("pk")
    return Claim(token, list(held.select_related("event__subscription__user", "event__subscription__plan")))


def release_abandoned() -> int:
    """Take the rows whose lease has ended from deliverers that died or were frozen; return how many."""
    abandoned = Notification.objects.abandoned()
    unsent = abandoned.filter(submitted_at__isnull=True).update(state=State.PENDING, **RELEASED)
    unknown = abandoned.update(
        state=State.UNKNOWN, finished_at=database_time(), error="deliverer died while it sent", **RELEASED
    )
    return unsent + unknown


def send_again(keys: Collection[int], stands: State) -> int:
    """Put those of the rows that are still `failed`, or `unknown`, back to pending; return how many.

    What is unknown may be out already, and then arrives twice. The last error stays readable until the next try.
    Raises NotToBeSentAgain for any other state.
    """
    if stands not in SENT_AGAIN:
        raise NotToBeSentAgain(f"{stands} is not one of {', '.join(SENT_AGAIN)}")
    return Notification.objects.filter(pk__in=keys, state=stands).update(
        state=State.PENDING, finished_at=None, due_at=database_time(), attempts=0, submitted_at=None
    )


def final_state(verdict: Verdict, attempts: int) -> State | None:
    """What a notification comes to after so many earlier attempts; None if it is to be tried again."""
    if verdict is Verdict.UNSENT and attempts + 1 >= retry.MAXIMUM_ATTEMPTS:
        return State.FAILED
    return FINAL_STATES.get(verdict)


def _message_ids(keys: Collection[int], outcomes: Mapping[int, Outcome]) -> Case:
    return Case(*(When(pk=key, then=Value(outcomes[key].message_id)) for key in keys), default=F("message_id"))


def _changes(verdict: Verdict, error: str, attempts: int) -> dict[str, Any]:
    if state := final_state(verdict, attempts):
        return RELEASED | {"state": state, "finished_at": database_time(), "error": error}
    counted = 1 if verdict is Verdict.UNSENT else 0
    wait = retry.delay(attempts + 1, random.random()) if counted else THROTTLED_DELAY  # noqa: S311 - spreads load
    return RELEASED | {
        "state": State.PENDING,
        "due_at": database_time(wait),
        "attempts": attempts + counted,
        "submitted_at": None,
        "error": error,
    }
