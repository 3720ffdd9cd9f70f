"""Money that goes back: refunds and disputes, each recorded once as a negative payment."""

import logging
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, Sum

from payments.announcements import announce_disputed, announce_failed_refund, announce_refunded
from payments.errors import UnknownTransaction, UnreadableFact
from payments.models import Dispute, Payment, Refund
from payments.models.refund import TWICE
from payments.orders.consents import end_agreement
from payments.orders.opening import lock
from payments.plan_changes.change_orders import void_changes
from payments.providers.interface import Fact, FactKind
from subscriptions.errors import IllegalTransition
from subscriptions.services import SubscriptionService

logger = logging.getLogger(__name__)

Kind = Payment.Kind

REVERSED = ":reversed"
"""End of a reversal's transaction, after that of the refund, which the provider reports under one number."""

LONGEST_CODE = 100

SUPERSEDED = "superseded"
"""Code of a request that other money finished: nothing is left of the payment."""

RANKS = {Dispute.State.OPEN: 0, Dispute.State.WON: 1, Dispute.State.LOST: 2}
"""A dispute only ever moves up: its messages come in any order."""

STATES = {
    FactKind.DISPUTED: Dispute.State.OPEN,
    FactKind.DISPUTE_WON: Dispute.State.WON,
    FactKind.DISPUTE_LOST: Dispute.State.LOST,
}


def record_refund(provider: str, fact: Fact, now: datetime) -> None:
    """Record that money went back, in the open transaction, and finish the request for it if we made one.

    A refund that was made in the provider's dashboard ends nothing, unless it finishes requests of ours: those that are
    open when nothing is left of the payment. Raises UnknownTransaction or UnreadableFact.
    """
    payment = _locked(provider, fact)
    if _has_failed(payment, fact):
        return
    request, returned = _request(payment, fact), _returned(payment, fact, Kind.REFUND, now)
    if returned is None:
        _finish_by_known(payment, request, fact, now)
        return
    if request and request.state == Refund.State.DONE:  # otherwise, as an operator recorded
        follow_refund(payment, returned, None, now)
        _note_twice(request, now)
        return
    follow_refund(payment, returned, request, now)
    if request and _left(payment) < 0:  # refused at first, and transferred by staff since
        _note_twice(request, now)


def _note_twice(request: Refund, now: datetime) -> None:
    """Have the alarm count the request anew, whenever it was done the first time."""
    logger.error("a refund went back twice", extra={"refund": request.pk, "payment": request.payment_id})
    Refund.objects.filter(pk=request.pk).update(code=TWICE, finished_at=now)


def follow_refund(payment: Payment, returned: Payment, request: Refund | None, now: datetime) -> None:
    """Announce a refund that was just recorded, and finish the requests that it answers. The payment is locked."""
    announce_refunded(returned)
    void_changes(payment.subscription, now)
    if request:
        _finish(request, returned, now)
    _supersede(payment, returned, now)


def _finish_by_known(payment: Payment, request: Refund | None, fact: Fact, now: datetime) -> None:
    """Finish a request by a refund that was recorded without it, such as one that the provider's dashboard made."""
    known = payment.returned.filter(kind=Kind.REFUND, transaction_id=fact.transaction_id).first()
    if known and request and request.finished_at is None:
        _finish(request, known, now)


def _supersede(payment: Payment, returned: Payment, now: datetime) -> None:
    """Finish the requests that can no longer be executed: providers give back no more than was paid."""
    if _left(payment) <= 0:
        for request in payment.refunds.filter(finished_at__isnull=True).order_by("pk"):
            _finish(request, returned, now)


def _left(payment: Payment) -> Decimal:
    left: Decimal = payment.amount + (payment.returned.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
    return left


def record_failed_refund(provider: str, fact: Fact, now: datetime) -> None:
    """Record that a refund did not reach anybody, in the open transaction, whatever was reported of it before.

    It ranks highest: a refund that was recorded is cancelled out, which is announced, and one that is reported later is
    ignored. It is kept as a refused request, also where the refund was made in the provider's dashboard. Access that
    ended with it stays ended. Raises UnknownTransaction or UnreadableFact.
    """
    payment, amount = _locked(provider, fact), _amount(fact)
    if _has_failed(payment, fact):
        return
    logger.error("a refund has failed", extra={"payment": payment.pk, "code": fact.code})
    request = _failed(payment, fact) or Refund(payment=payment, amount=amount, currency=fact.currency)
    request.requested_at = request.requested_at or fact.made_at
    request.state, request.finished_at, request.due_at = Refund.State.REFUSED, now, None
    request.transaction_id, request.code = fact.transaction_id, fact.code[:LONGEST_CODE]
    request.save()
    if payment.returned.filter(transaction_id=fact.transaction_id).exists():
        reversal = _write(payment, Kind.REVERSAL, f"{fact.transaction_id}{REVERSED}", amount, fact, now)
        announce_failed_refund(reversal, request.code)


def has_failed(returned: Payment) -> bool:
    """Return True if the recorded refund did not reach anybody."""
    # By the payment: an operator may have recorded the refund under another provider than the one that reports it.
    reversals = Payment.objects.filter(of=returned.of_id, kind=Kind.REVERSAL)
    return reversals.filter(transaction_id=f"{returned.transaction_id}{REVERSED}").exists()


def is_recorded(payment: Payment, provider: str, transaction_id: str) -> bool:
    """Return True if the provider's transaction is recorded, or under whatever provider as money back of the payment.

    An operator may have taken a provider's number for one of the bank.
    """
    of_payment = Q(of=payment, transaction_id=transaction_id)
    return Payment.objects.filter(Q(provider=provider, transaction_id=transaction_id) | of_payment).exists()


def record_dispute(provider: str, fact: Fact, now: datetime) -> None:
    """Record a dispute or its end, in the open transaction. Raises UnknownTransaction or UnreadableFact."""
    payment = _locked(provider, fact)
    dispute, new = Dispute.objects.get_or_create(
        provider=provider,
        transaction_id=fact.transaction_id,
        defaults={
            "payment": payment,
            "amount": _amount(fact),
            "currency": fact.currency,
            "code": fact.code,
            "opened_at": fact.made_at,
        },
    )
    if new:
        if payment.subscription_id:
            end_agreement(payment.subscription_id)
        announce_disputed(payment, now)
    _raise_to(dispute, STATES[fact.kind])
    if fact.kind is FactKind.DISPUTE_LOST and _returned(payment, fact, Kind.DISPUTE, now):
        void_changes(payment.subscription, now)
        if settings.LOST_DISPUTE == "ends":
            _end(payment, None, now)


def _raise_to(dispute: Dispute, state: Dispute.State) -> None:
    if RANKS[state] > RANKS[Dispute.State(dispute.state)]:
        dispute.state = state
        dispute.save(update_fields=["state"])


def _amount(fact: Fact) -> Decimal:
    if not fact.transaction_id or not fact.amount:
        raise UnreadableFact(f"a fact of kind {fact.kind} names no transaction or no amount")
    return fact.amount


def _locked(provider: str, fact: Fact) -> Payment:
    """Lock owner, order and payment that the fact is about, in the order of `record_payment`."""
    payments = Payment.objects.filter(provider=provider, transaction_id=fact.of, kind=Kind.PAYMENT)
    payment = payments.select_related("order", "subscription").first()
    if payment is None:
        raise UnknownTransaction(f"a fact of kind {fact.kind} is about a payment that is not recorded yet")
    if payment.order:
        lock(payment.order)
    return payments.select_for_update(no_key=True).get()


def _returned(payment: Payment, fact: Fact, kind: Payment.Kind, now: datetime) -> Payment | None:
    """Record the negative payment; None if it is recorded."""
    amount = _amount(fact)
    if is_recorded(payment, payment.provider, fact.transaction_id):
        return None
    return _write(payment, kind, fact.transaction_id, -amount, fact, now)


def _write(
    payment: Payment, kind: Payment.Kind, transaction_id: str, amount: Decimal, fact: Fact, now: datetime
) -> Payment:
    return Payment.objects.create(
        kind=kind,
        of=payment,
        provider=payment.provider,
        transaction_id=transaction_id,
        order=payment.order,
        subscription=payment.subscription,
        amount=amount,
        currency=fact.currency,
        paid_at=fact.made_at,
        recorded_at=now,
    )


def _has_failed(payment: Payment, fact: Fact) -> bool:
    return payment.refunds.filter(state=Refund.State.REFUSED, transaction_id=fact.transaction_id).exists()


def _request(payment: Payment, fact: Fact) -> Refund | None:
    """Return our request for the refund: the one whose key is in the fact, or whose answer named the transaction."""
    for request in payment.refunds.all():
        if str(request.key) == fact.reference or request.transaction_id == fact.transaction_id:
            return request
    return None


def _failed(payment: Payment, fact: Fact) -> Refund | None:
    """Return our request for the refund that failed, unless other money has finished it."""
    request = _request(payment, fact)
    if request and request.state == Refund.State.DONE and request.transaction_id != fact.transaction_id:
        return None
    return request


def _finish(request: Refund, returned: Payment, now: datetime) -> None:
    request.state, request.finished_at, request.due_at = Refund.State.DONE, now, None
    request.transaction_id = returned.transaction_id
    request.code = "" if -returned.amount == request.amount else SUPERSEDED
    request.save(update_fields=["state", "finished_at", "due_at", "transaction_id", "code"])
    if request.ends_now:
        _end(request.payment, request, now)


def _end(payment: Payment, request: Refund | None, now: datetime) -> None:
    """End the subscription that the payment was for. One that has ended, or was paid for since, stays as it is."""
    if payment.subscription is None:
        return
    later = payment.subscription.payments.filter(event__gt=payment.event_id or 0)
    if request and later.filter(recorded_at__gt=request.requested_at).exists():
        extra = {"refund": request.pk, "subscription": payment.subscription.pk}
        logger.error("a refund ends no subscription that was paid for since; decide by hand", extra=extra)
        return
    actor = request.requested_by if request else None
    reason = (request.reason if request else "") or f"payment {payment.pk} went back"
    try:
        SubscriptionService.cancel_now(payment.subscription, reason, now=now, actor=actor)
    except IllegalTransition:
        return
