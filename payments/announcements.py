"""Announcements of what became of an order: an event in the open transaction, and a public signal after the commit."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from payments import signals
from payments.models import Order, Payment, PaymentEvent

Kind = PaymentEvent.Kind


def announce_processed(payment: Payment) -> None:
    """Tell that the payment of its order arrived and became a period."""
    if (order := _record(Kind.SUCCEEDED, payment.order, payment.recorded_at, payment=payment)) is not None:
        _after_commit(
            signals.payment_processed,
            order=order,
            subscription=payment.subscription,
            transaction_id=payment.transaction_id,
            amount=payment.amount,
            currency=payment.currency,
            payment=payment,
        )


def announce_failed(order: Order, code: str, next_attempt_at: datetime | None, now: datetime) -> None:
    """Tell that a try to collect the order failed, and when the next one is; None if there is none."""
    _record(Kind.FAILED, order, now, code=code, next_attempt_at=next_attempt_at)
    _after_commit(
        signals.payment_failed,
        order=order,
        subscription=order.subscription,
        code=code,
        next_attempt_at=next_attempt_at,
    )


def announce_refunded(refund: Payment) -> None:
    """Tell that money went back; `refund` is the negative payment, of the one that is refunded."""
    _record(Kind.REFUNDED, refund.order, refund.recorded_at, payment=refund)
    _after_commit(signals.payment_refunded, payment=refund, of=refund.of)


def announce_failed_refund(reversal: Payment, code: str) -> None:
    """Tell that a refund that was announced did not reach anybody; `reversal` is the payment that cancels it out."""
    _record(Kind.REFUND_FAILED, reversal.order, reversal.recorded_at, payment=reversal, code=code)
    _after_commit(signals.payment_refund_failed, payment=reversal, of=reversal.of, code=code)


def announce_disputed(payment: Payment, now: datetime) -> None:
    """Tell that the payment is disputed by whoever made it."""
    _record(Kind.DISPUTED, payment.order, now, payment=payment)
    _after_commit(signals.payment_disputed, payment=payment)


def _record(kind: PaymentEvent.Kind, order: Order | None, now: datetime, **fields: Any) -> Order | None:
    """Write the event, and let strict receivers work in the same transaction. Money without an order has no event."""
    if order is not None:
        event = PaymentEvent.objects.create(order=order, kind=kind, occurred_at=now, **fields)
        signals.payment_event_recorded.send(PaymentEvent, event=event)
    return order


def _after_commit(signal: Signal, **arguments: object) -> None:
    # Robust: the money is recorded, and others have work to do after the commit.
    transaction.on_commit(lambda: signal.send_robust(Payment, **arguments) and None, robust=True)
