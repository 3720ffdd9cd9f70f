"""Refunds that staff ask for: stored first, executed by a job, and settled by asking again under the same key."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Sum

from foundation import money
from foundation.orm.database_time import database_time
from payments.errors import NotRefundable
from payments.isolation import apart
from payments.models import Payment, Refund
from payments.models.payment import BY_STAFF
from payments.orders.opening import lock
from payments.plan_changes.change_orders import void_changes
from payments.providers.interface import Fact, FactKind, Outcome, OutcomeKind
from payments.refunds.returned_money import record_refund
from payments.renewal.automatic_renewal import stop

logger = logging.getLogger(__name__)

State = Refund.State

LEASE = timedelta(minutes=2)
"""Time for one call. Another process that calls after it uses the same key, so that nothing is given back twice."""
LONGEST_PAUSE = timedelta(hours=6)
RESERVE = timedelta(seconds=20)
BATCH = 100

REFUSED = (OutcomeKind.DECLINED, OutcomeKind.DECLINED_FOR_GOOD, OutcomeKind.CLOSED)


class RefundingProvider(Protocol):
    """The part of a Provider that is needed here."""

    name: str

    def refund(self, payment: Payment, amount: Decimal, key: str) -> Outcome: ...


def refundable(payment: Payment) -> Decimal:
    """Return what is left of the payment, after what went back and what was asked to go back."""
    if payment.kind != Payment.Kind.PAYMENT:
        return Decimal(0)
    returned = payment.returned.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    asked = payment.refunds.filter(finished_at__isnull=True).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    left: Decimal = payment.amount + returned - asked
    return max(left, Decimal(0))


def ends_by_default(payment: Payment, amount: Decimal, now: datetime) -> bool:
    """Return True if giving this back ends the subscription unless told otherwise: all of the running period's money.

    A period that has not begun, and one that is followed by another paid one, is left to whoever asks.
    """
    event, subscription = payment.event, payment.subscription
    if event is None or subscription is None or amount < refundable(payment):
        return False
    begun_at = max(event.occurred_at, event.old_end_date or event.occurred_at)
    paid_since = subscription.payments.filter(event__gt=event.pk).exists()
    return begun_at <= now and subscription.is_live(now) and not paid_since


def request_refund(
    payment: Payment,
    amount: Decimal,
    reason: str,
    *,
    ends_now: bool,
    now: datetime,
    actor: AbstractBaseUser | None,
) -> Refund:
    """Store the wish to give back this much of the payment; a job executes it. Return the request.

    With `ends_now` the subscription renews no more, and ends when the money has gone back, which may take days. What
    staff recorded, staff has paid back: that is recorded at once. Raises NotRefundable, also for a fraction of the
    currency's minor unit, or UnknownOrder.
    """
    with transaction.atomic():
        if payment.order:
            lock(payment.order)
        if ends_now and payment.subscription_id:
            stop(payment.subscription_id, now)
        locked = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        if amount != money.rounded(amount, locked.currency, ROUND_DOWN):
            raise NotRefundable(f"{amount} {locked.currency} has more decimals than the currency")
        if not 0 < amount <= refundable(locked):
            raise NotRefundable(f"{locked} has {refundable(locked)} {locked.currency} left to give back")
        request = Refund.objects.create(
            payment=locked,
            amount=amount,
            currency=locked.currency,
            reason=reason,
            ends_now=ends_now,
            requested_by_id=actor.pk if actor else None,
            requested_at=now,
            due_at=now,
        )
        void_changes(locked.subscription, now)
        if locked.provider == BY_STAFF:
            _record(request, Outcome(OutcomeKind.SUCCEEDED, transaction_id=f"refund-{request.key}", paid_at=now), now)
            request.refresh_from_db()
    return request


def process_refunds(provider: RefundingProvider, now: datetime, time_left: Callable[[], timedelta]) -> int:
    """Execute the refunds that are due; return how many are done now. No transaction is open during a call.

    One that cannot be recorded is repeated when its lease has ended.
    """
    due = Refund.objects.filter(due_at__lte=now, payment__provider=provider.name).order_by("due_at", "pk")
    done = 0
    for key in list(due.values_list("pk", flat=True)[:BATCH]):
        if time_left() <= RESERVE:
            break
        with apart(refund=key):
            done += _process(provider, key, now)
    return done


def _process(provider: RefundingProvider, key: int, now: datetime) -> bool:
    claimed = Refund.objects.filter(pk=key, due_at__lte=now)
    leased = {"due_at": now + LEASE, "lease_until": database_time(LEASE)}
    if not claimed.update(attempts=F("attempts") + 1, **leased):
        return False  # another process has claimed it
    request = Refund.objects.select_related("payment").get(pk=key)
    outcome = provider.refund(request.payment, request.amount, str(request.key))
    with transaction.atomic():
        _settle(request, outcome, now)
        _release(request)
    request.refresh_from_db()
    return request.state == State.DONE


def _settle(request: Refund, outcome: Outcome, now: datetime) -> None:
    names = {"transaction_id": outcome.transaction_id} if outcome.transaction_id else {}
    if outcome.kind is OutcomeKind.SUCCEEDED:
        _record(request, outcome, now)
    elif outcome.kind in REFUSED:
        logger.error("refund refused", extra={"refund": request.pk, "code": outcome.code})
        _change(request, state=State.REFUSED, code=outcome.code, finished_at=now, due_at=None, **names)
    else:
        state = STATES.get(outcome.kind, State.UNKNOWN)
        if state != State.PENDING:
            logger.warning("refund is tried again", extra={"refund": request.pk, "code": outcome.code})
        _change(request, state=state, code=outcome.code, due_at=now + _pause(request.attempts), **names)


def _release(request: Refund) -> None:
    """Note that this call is over; a later claim, of whoever waited no longer for it, has a lease of its own."""
    Refund.objects.filter(pk=request.pk, attempts=request.attempts).update(lease_until=None)


def _record(request: Refund, outcome: Outcome, now: datetime) -> None:
    fact = Fact(
        FactKind.REFUNDED,
        outcome.paid_at or now,
        reference=str(request.key),
        transaction_id=outcome.transaction_id,
        of=request.payment.transaction_id,
        amount=outcome.amount or request.amount,  # another refund, if that left nothing to give back
        currency=request.currency,
    )
    record_refund(request.payment.provider, fact, now)


def _change(request: Refund, **fields: object) -> None:
    # A webhook may have finished it meanwhile.
    Refund.objects.filter(pk=request.pk, finished_at__isnull=True).update(**fields)


def _pause(attempts: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_PAUSE)


STATES = {OutcomeKind.NOTHING_HAPPENED: State.REQUESTED, OutcomeKind.PENDING: State.PENDING}
"""By outcomes that are not final; any other is unknown, and asked again under the same key."""
