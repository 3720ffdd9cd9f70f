"""Claims of due orders under a lease. Database only: no provider is called, and no transaction stays open.

Every write by a charger carries its lease token, so that one who was frozen past its lease changes nothing; money that
moved is recorded whoever holds the lease. When a lease has ended, an order without a reference goes back to `open`; one
with a reference becomes `unknown`, and the provider is asked before anything else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from foundation.orm.any_of import any_of
from foundation.orm.database_time import database_time
from foundation.orm.update_returning import update_returning
from payments.models import Order, OrderState
from payments.models.order import OrderQuerySet

LEASE = timedelta(minutes=3)
CALLS = timedelta(minutes=1)
"""Time for the calls of one claim. The lease leaves as much again for a call that began last, and for recording."""

RELEASED: dict[str, Any] = {"lease_token": None, "lease_until": None, "submitted_at": None}

SINCE_IF_UNKNOWN = Case(When(state=OrderState.UNKNOWN, then=F("unknown_since")))
"""Instant since which an unclaimed order is unknown: none, unless it is."""


@dataclass(frozen=True)
class Claim:
    """Orders that this charger holds until their lease ends. Their `state` is the one before the claim."""

    lease_token: UUID
    orders: list[Order]
    claimed_at: datetime

    def submit(self, orders: Collection[Order], now: datetime, repeated: Collection[Order] = ()) -> list[Order]:
        """Note the intent to charge the stored references; return the orders that are still held, unchanged and wanted.

        Those in `repeated` keep the number of their last attempt, whose outcome is not known.
        """
        begins_in_time = self._held().filter(lease_until__gt=database_time(CALLS))
        wanted = begins_in_time.filter(way=Order.Way.CHARGE, close_requested_at=None)
        charged = wanted.filter(any_of("pk", [order.pk for order in orders]))
        rows = update_returning(charged, submitted_at=now, attempts=_numbers(repeated)) if orders else []
        stored = {row.pk: row for row in rows}
        return [order for order in orders if _is_unchanged(order, stored.get(order.pk), now)]

    def release(self, order: Order, state: OrderState, due_at: datetime | None) -> bool:
        """Give the order back in this state; return False if it is no longer held.

        One that is to be closed since it was claimed stays due: nobody but a charger closes it.
        """
        due = due_at if order.close_requested_at else _due_unless_to_be_closed(due_at)
        since = Coalesce(F("unknown_since"), self.claimed_at) if state is OrderState.UNKNOWN else None
        held = self._held().filter(pk=order.pk)
        return bool(held.update(state=state, due_at=due, unknown_since=since, **RELEASED))

    def give_up(self, order: Order, now: datetime) -> bool:
        """End an order whose subscription has ended; return False if it is no longer held."""
        ended = {"state": OrderState.GIVEN_UP, "finished_at": now, "due_at": None, "close_requested_at": now}
        return bool(self._held().filter(pk=order.pk).update(**ended, **RELEASED))

    def _held(self) -> OrderQuerySet:
        return Order.objects.filter(lease_token=self.lease_token, state=OrderState.CLAIMED)


def claim(provider: str, limit: int, now: datetime) -> Claim:
    """Claim up to `limit` orders that are due at `now`, the longest due first."""
    token = uuid4()
    rows = Order.objects.due(now).filter(provider__in=["", provider]).exclude(state=OrderState.CLAIMED)
    rows = rows.select_related("subscription__renewal__method", "user").order_by("due_at", "pk")
    with transaction.atomic():
        taken = list(rows.select_for_update(of=("self",), skip_locked=True)[:limit])
        if taken:
            keys = [order.pk for order in taken]
            Order.objects.filter(any_of("pk", keys)).update(
                state=OrderState.CLAIMED,
                lease_token=token,
                lease_until=database_time(LEASE),
                submitted_at=None,
                unknown_since=SINCE_IF_UNKNOWN,
            )
    return Claim(token, taken, now)


def release_abandoned() -> int:
    """Release the orders whose lease has ended, of chargers that died or were frozen; return their number."""
    abandoned = Order.objects.filter(state=OrderState.CLAIMED, lease_until__lt=Now())
    if not abandoned.exists():  # an UPDATE of no row would still open the gate
        return 0
    untouched = abandoned.filter(reference="").update(state=OrderState.OPEN, **RELEASED)
    since = Coalesce(F("unknown_since"), F("lease_until"))
    return untouched + abandoned.update(state=OrderState.UNKNOWN, unknown_since=since, **RELEASED)


def next_release() -> datetime | None:
    """Return the instant at which the first lease ends, of whatever provider; None if no order is claimed."""
    claimed = Order.objects.filter(state=OrderState.CLAIMED).order_by("lease_until")
    return claimed.values_list("lease_until", flat=True).first()


def _due_unless_to_be_closed(due_at: datetime | None) -> Combinable:
    return Case(When(close_requested_at__isnull=False, then=F("due_at")), default=due_at)


def _numbers(repeated: Collection[Order]) -> Combinable:
    following = F("attempts") + 1
    if not repeated:
        return following
    return Case(When(any_of("pk", [order.pk for order in repeated]), then=F("attempts")), default=following)


def _is_unchanged(order: Order, stored: Order | None, now: datetime) -> bool:
    """Bring the order's number of attempts up to date. Only the reference that is stored may be charged."""
    if stored is None or (stored.provider, stored.reference) != (order.provider, order.reference):
        return False
    order.attempts, order.submitted_at = stored.attempts, now
    return True
