"""Refunds that went back outside: by a transfer, or in the dashboard of a provider that tells us nothing of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from foundation import money
from foundation.orm.violations import violates_unique
from payments.errors import AlreadyRecorded, NothingToRecord, NotRefundable, RefundUnderWay
from payments.models import Payment, Refund
from payments.models.payment import BY_STAFF
from payments.orders.opening import lock
from payments.providers.registry import is_asked
from payments.refunds.overdue import overdue_refunds
from payments.refunds.returned_money import follow_refund, is_recorded


@dataclass(frozen=True)
class ReturnedOutside:
    """Money that an operator has seen go back."""

    transaction_id: str
    amount: Decimal
    by_provider: bool
    """True if the number is the provider's; False if it is a bank transfer's."""


def is_left_to_staff(request: Refund, now: datetime) -> bool:
    """Return True if nobody else gives the money back.

    The provider has refused to, and something of the payment is left; or it is not the present one; or the outcome
    stays unknown, however often it is asked.
    """
    if request.is_refused:
        return most_for(request) > 0
    if request.finished_at is not None:
        return False
    if not is_asked(request.payment.provider):
        return True
    return request.state == Refund.State.UNKNOWN and overdue_refunds(now).filter(pk=request.pk).exists()


def most_for(request: Refund) -> Decimal:
    """Return the most that may have gone back for the request: what is left of the payment beside other requests."""
    payment = request.payment
    others = payment.refunds.filter(finished_at__isnull=True).exclude(pk=request.pk)
    returned = sum(payment.returned.values_list("amount", flat=True), payment.amount)
    left = returned - sum(others.values_list("amount", flat=True), Decimal(0))
    return max(left, Decimal(0))


def record_outside(
    request: Refund, seen: ReturnedOutside, reason: str, *, now: datetime, actor: AbstractBaseUser | None
) -> Payment:
    """Record the money as returned, once, and finish the request with the amount that went back. Return the refund.

    What follows is what follows a provider's refund. A request that was refused stays so, and another one is done.
    Raises RefundUnderWay, NothingToRecord, NotRefundable or AlreadyRecorded.
    """
    try:
        with transaction.atomic():
            locked = _locked(request)
            _refuse(locked, seen, now)
            if locked.is_refused:
                locked = _repeated(locked, seen.amount, now, actor)
            locked.amount, locked.closing_reason = seen.amount, reason
            locked.save(update_fields=["amount", "closing_reason"])
            returned = _returned(locked, seen, now, actor)
            follow_refund(locked.payment, returned, locked, now)
    except IntegrityError as error:  # the same number for another payment was faster
        if not violates_unique(error, Payment, ["provider", "transaction_id"]):
            raise
        raise _already(seen) from error
    return returned


def _locked(request: Refund) -> Refund:
    """Lock owner, subscription, order, payment and request, in the order of whoever records money."""
    if request.payment.order:
        lock(request.payment.order)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=request.payment_id)
    locked = Refund.objects.select_for_update(no_key=True).get(pk=request.pk)
    locked.payment = payment
    return locked


def _repeated(refused: Refund, amount: Decimal, now: datetime, actor: AbstractBaseUser | None) -> Refund:
    """Store the same wish anew: the refused one keeps its number, under which the provider may report again."""
    return Refund.objects.create(
        payment=refused.payment,
        amount=amount,
        currency=refused.currency,
        reason=refused.reason,
        ends_now=refused.ends_now,
        requested_by_id=actor.pk if actor else refused.requested_by_id,
        requested_at=now,
        due_at=now,
    )


def _refuse(request: Refund, seen: ReturnedOutside, now: datetime) -> None:
    payment = request.payment
    until = request.lease_until
    if until and Refund.objects.filter(pk=request.pk, finished_at__isnull=True, lease_until__gt=Now()).exists():
        raise RefundUnderWay(f"a call for {request} may be on its way; try again after {until:%H:%M:%S} UTC", until)
    if not is_left_to_staff(request, now):
        raise NothingToRecord(f"{request} is finished, or {payment.provider} still executes it")
    if seen.amount != money.rounded(seen.amount, payment.currency, ROUND_DOWN):
        raise NotRefundable(f"{seen.amount} {payment.currency} has more decimals than the currency")
    if not 0 < seen.amount <= most_for(request):
        raise NotRefundable(f"{payment} has {most_for(request)} {payment.currency} left to give back")
    if is_known(request, seen):
        raise _already(seen)


def is_known(request: Refund, seen: ReturnedOutside) -> bool:
    """Return True if money of this number is recorded, or the provider reported that it did not arrive."""
    refused = request.payment.refunds.filter(state=Refund.State.REFUSED, transaction_id=seen.transaction_id)
    return is_recorded(request.payment, _provider(request, seen), seen.transaction_id) or refused.exists()


def _already(seen: ReturnedOutside) -> AlreadyRecorded:
    return AlreadyRecorded(f"{seen.transaction_id} is recorded already, or was reported as failed; check the number")


def _returned(request: Refund, seen: ReturnedOutside, now: datetime, actor: AbstractBaseUser | None) -> Payment:
    payment = request.payment
    return Payment.objects.create(
        kind=Payment.Kind.REFUND,
        of=payment,
        provider=_provider(request, seen),
        transaction_id=seen.transaction_id,
        order=payment.order,
        subscription=payment.subscription,
        amount=-seen.amount,
        currency=payment.currency,
        paid_at=now,
        recorded_at=now,
        recorded_by_id=actor.pk if actor else None,
    )


def _provider(request: Refund, seen: ReturnedOutside) -> str:
    return request.payment.provider if seen.by_provider else BY_STAFF
