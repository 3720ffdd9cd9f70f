"""Withdrawal from a contract within the days that the law gives a consumer, with the money back.

https://eur-lex.europa.eu/eli/dir/2011/83/oj, articles 9, 14 and 16
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import ROUND_UP, Decimal
from itertools import chain

from django.db import transaction

from foundation import money
from payments.errors import WithdrawalOver
from payments.models import Order, Payment, Refund, Renewal
from payments.models.payment import BY_STAFF, WITHDRAWAL
from payments.orders.opening import lock
from payments.plan_changes.proration import PaidPeriod
from payments.plan_changes.unused_value import begin_of, returned_of
from payments.providers.payable import payable
from payments.refunds.requests import refundable, request_refund
from subscriptions.bought_periods import cancel_bought
from subscriptions.services import SubscriptionService


def returned_amount(payment: Payment, now: datetime) -> Decimal:
    """Return what the subscriber gets back: all, or the part not used yet of a period that began on their wish.

    It is rounded up to the minor unit, or to what the provider can give back, for the subscriber.
    """
    return sum((amount for _payment, amount in _portions(payment, now)), Decimal(0))


def stays_until(payment: Payment, now: datetime) -> datetime | None:
    """Return the end of the earlier period that goes on after a withdrawal; None if access ends at once.

    That is where a first period was added to a live subscription and has not begun. After a renewal it would be the
    start of another one, and each start is ordered once.
    """
    if payment.order is None or payment.order.kind != Order.Kind.FIRST:
        return None
    begin = _begin(payment)
    return begin if begin and begin > now else None


def withdraw(payment: Payment, now: datetime) -> Refund | None:
    """End what the payment bought and ask for the money back, in one transaction; a job gives it back.

    Access ends at once, or with the period before it. Return the request, or None where nothing is left to give back.
    Raises WithdrawalOver.
    """
    with transaction.atomic():
        if payment.order:
            lock(payment.order)
        payment.refresh_from_db()
        if payment.withdrawal_until(now) is None or payment.subscription is None:
            raise WithdrawalOver(f"{payment} can no longer be withdrawn from")
        portions = list(_portions(payment, now))
        Renewal.objects.filter(subscription=payment.subscription).update(auto_renew=False)
        owner = payment.subscription.user
        if end := stays_until(payment, now):
            cancel_bought(payment.subscription, end, WITHDRAWAL, now=now, actor=owner)
        else:
            SubscriptionService.cancel_now(payment.subscription, WITHDRAWAL, now=now, actor=owner)
        requests = [
            request_refund(paid, amount, WITHDRAWAL, ends_now=False, now=now, actor=None) for paid, amount in portions
        ]
        return requests[0] if requests else None


def _portions(payment: Payment, now: datetime) -> Iterator[tuple[Payment, Decimal]]:
    """Yield what goes back, by payment: this one, then those before it whose value a change of plan credited.

    What went back of the same period, or was asked to, is deducted.
    """
    refundable_of_own = refundable(payment)
    left = _unused(payment, now) - (payment.amount - refundable_of_own) - _returned_of_credit(payment)
    amounts = chain([(payment, refundable_of_own)], ((paid, refundable(paid)) for paid in _credited(payment)))
    for paid, most in amounts:
        if (amount := min(left, most)) > 0:
            yield paid, amount
            left -= amount


def _returned_of_credit(payment: Payment) -> Decimal:
    """Return what went back, or was asked to, of the payments that the order credits, since the period began."""
    if payment.order is None or not payment.order.credit:
        return Decimal(0)
    earlier = Payment.objects.filter(subscription=payment.subscription, event__lt=payment.event)
    return returned_of(earlier, _begin(payment))


def _unused(payment: Payment, now: datetime) -> Decimal:
    event, order, begin = payment.event, payment.order, _begin(payment)
    if event is None or order is None or begin is None:
        return payment.amount
    if order.agreed_to_begin_at is None:
        return order.price
    exact = PaidPeriod(begin, event.new_end_date, order.price).unused(now)
    unused = money.rounded(Decimal(exact.numerator) / exact.denominator, payment.currency, ROUND_UP)
    return payable(unused, payment.currency, ROUND_UP)


def _begin(payment: Payment) -> datetime | None:
    event, order = payment.event, payment.order
    if event is None or order is None:
        return None
    if order.kind == Order.Kind.CHANGE:
        return event.old_end_date or event.occurred_at
    return begin_of(event, payment, event.subscription)


def _credited(payment: Payment) -> Iterable[Payment]:
    """Return the payments whose value the order credits, newest first. What staff recorded, staff pays back."""
    if payment.order is None or not payment.order.credit:
        return ()
    earlier = Payment.objects.filter(subscription=payment.subscription, kind=Payment.Kind.PAYMENT, pk__lt=payment.pk)
    return earlier.exclude(provider=BY_STAFF).exclude(event=None).order_by("-pk")
