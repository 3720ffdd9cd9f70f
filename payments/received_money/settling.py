"""Settling of an order by an outcome: money is recorded, and the method that the subscriber agreed to is kept."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from payments.methods.forgetting import forgotten_fields
from payments.models import Order, OrderState, Payment, PaymentMethod, Renewal
from payments.orders.grace import extend_for_pending
from payments.providers.interface import MethodDetails, Outcome, OutcomeKind
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.locks import lock_owner

ASK_AGAIN = timedelta(hours=1)
"""Until money that is on its way is asked about again."""


def settle(order: Order, outcome: Outcome, now: datetime) -> Payment | None:
    """Record what the outcome says of the order's money. Return the payment if money has moved.

    Settling again changes nothing. Outcomes without money change nothing: the caller knows whose turn it is.
    """
    if outcome.kind is OutcomeKind.SUCCEEDED and outcome.amount is not None and outcome.paid_at is not None:
        payment = record_payment(order, _received(order, outcome, outcome.amount, outcome.paid_at), now=now)
        if outcome.method:
            keep_method(order, outcome.method, outcome.paid_at, now)
        return payment
    if outcome.kind is OutcomeKind.PENDING:
        await_money(order, now)
    return None


def await_money(order: Order, now: datetime) -> None:
    """Note that money is on its way, so that nothing else is tried and access goes on."""
    with transaction.atomic():
        lock_owner(order.user_id)  # before the order, as whoever records money does
        waiting = Order.objects.unfinished().filter(pk=order.pk)
        if waiting.update(state=OrderState.PENDING, due_at=now + ASK_AGAIN, lease_token=None, lease_until=None):
            extend_for_pending(order, now)


def keep_method(order: Order, details: MethodDetails, paid_at: datetime, now: datetime) -> None:
    """Keep the method by which the order was paid, and charge the subscription's renewals to it if it renews.

    A payment is told again days later, by late messages and each night, and a debit only then: a method that its owner
    saved after entering this one is still the one that is charged, and one that they removed does not come back. Of a
    user who is erased only what the provider is to forget is kept.
    """
    with transaction.atomic():
        lock_owner(order.user_id)  # an erasure is over, or sees this method
        since = max(details.entered_at or paid_at, order.opened_at)  # the provider's clock may be behind
        forgotten = forgotten_fields(order.user_id, now)
        removed = PaymentMethod.objects.filter(user_id=order.user_id, forget_requested_at__gt=since)
        if not forgotten and removed.exists():
            return
        told = forgotten or details.description()
        method, _new = PaymentMethod.objects.update_or_create(
            provider=order.provider,
            token=details.token,
            defaults={name: value for name, value in told.items() if value},
            create_defaults={
                "user_id": order.user_id,
                "customer": details.customer,
                "saved_at": min(since, now),
                **told,
            },
        )
        if order.renews:
            _charge_renewals(order, method, since)


def _charge_renewals(order: Order, method: PaymentMethod, since: datetime) -> None:
    """Charge the order's renewals to the method, unless its owner has entered another one since.

    Where the provider has removed the card since the order was agreed to, a mail has said that nothing is charged.
    """
    renewals = Renewal.objects.filter(subscription__in=Order.objects.filter(pk=order.pk).values("subscription"))
    entered = PaymentMethod.objects.usable().filter(user_id=order.user_id, saved_at__gt=since)
    if newest := entered.order_by("saved_at", "pk").last():  # its message came before the payment's
        renewals.filter(method=None).update(method=newest)
    charged = renewals.exclude(method__removed_at__gt=order.consented_at or order.opened_at)
    charged.exclude(method__saved_at__gt=since).update(method=method)


def _received(order: Order, outcome: Outcome, amount: Decimal, paid_at: datetime) -> MoneyReceived:
    return MoneyReceived(order.provider, outcome.transaction_id, amount, outcome.currency, paid_at, outcome.receipt_url)
