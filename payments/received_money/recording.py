"""The only entry of money: each payment is recorded once, and becomes one period or a visible surplus."""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from foundation.orm.violations import violates_unique
from payments.announcements import announce_processed
from payments.models import Order, Payment
from payments.orders.opening import finish, lock, purchase_of
from payments.plan_changes.change_orders import give_change
from payments.renewal.agreements import agree, kept_ended, last_decision
from payments.renewal.second_subscriptions import end_renewal, end_renewals_to_bought
from subscriptions.bought_periods import renew_bought
from subscriptions.errors import AlreadySubscribed, IllegalTransition, SubscriptionError
from subscriptions.locks import lock_subscription
from subscriptions.models import BEGINS_A_PERIOD, Subscription, Transition
from subscriptions.services import SubscriptionService

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MoneyReceived:
    """Money that a provider, or somebody with a bank statement, reports."""

    provider: str
    transaction_id: str
    amount: Decimal
    currency: str
    paid_at: datetime
    receipt_url: str = ""


class GivenPeriod(NamedTuple):
    """Period that was bought: its subscription, and the key of the event that began it."""

    subscription: Subscription
    event_id: int


def record_payment(
    order: Order, money: MoneyReceived, *, now: datetime, recorded_by: AbstractBaseUser | None = None
) -> Payment:
    """Record the money for the order and give the period that it bought, in one transaction. Return the payment.

    The same transaction of the provider is recorded once, whoever reports it and however often; later reports change
    nothing. Money that the order does not wait for, because it is finished or asks for another amount, is a surplus:
    it gives no period. Raises UnknownOrder, and what `SubscriptionService` raises where no period can be given.
    """
    try:
        with transaction.atomic():
            lock(order)
            known = None if _is_expected(order, money) else _known(money)
            return known or _recorded(order, money, now, recorded_by)
    except IntegrityError as error:
        if not violates_unique(error, Payment, ["provider", "transaction_id"]):
            raise
        order.refresh_from_db()
        return Payment.objects.get(provider=money.provider, transaction_id=money.transaction_id)


def record_unexpected(money: MoneyReceived, *, now: datetime) -> Payment:
    """Record money that names no order of ours as a surplus, once per transaction. Return the payment."""
    payment, new = Payment.objects.get_or_create(
        provider=money.provider,
        transaction_id=money.transaction_id,
        defaults={
            "amount": money.amount,
            "currency": money.currency,
            "paid_at": money.paid_at,
            "recorded_at": now,
            "surplus": True,
            "receipt_url": money.receipt_url,
        },
    )
    if new:
        logger.error("money arrived that names no order", extra={"payment": payment.pk})
    return payment


def _known(money: MoneyReceived) -> Payment | None:
    return Payment.objects.filter(provider=money.provider, transaction_id=money.transaction_id).first()


def _recorded(order: Order, money: MoneyReceived, now: datetime, recorded_by: AbstractBaseUser | None) -> Payment:
    payment = Payment(
        provider=money.provider,
        transaction_id=money.transaction_id,
        order=order,
        amount=money.amount,
        currency=money.currency,
        paid_at=money.paid_at,
        recorded_at=now,
        recorded_by_id=recorded_by.pk if recorded_by else None,
        surplus=True,
        receipt_url=money.receipt_url,
    )
    if _is_expected(order, money) and (given := _period_given(order, now)):
        payment.surplus = False
        renewed, order.subscription = order.subscription, given.subscription
        payment.subscription = order.subscription
        payment.event_id = given.event_id
        agree(order, given.subscription)  # before it is forgotten that the order was to be closed
        finish(order, Order.State.PAID, now, money.provider)
        _end_second_renewals(order, renewed, now)
    else:
        logger.error("money arrived that no order waits for", extra={"order": order.pk})
    payment.save()
    if not payment.surplus:
        announce_processed(payment)
    return payment


def _end_second_renewals(order: Order, renewed: Subscription | None, now: datetime) -> None:
    """End the renewals that the paid order makes needless, of which one may be that of the subscription it named."""
    if renewed is not None and renewed != order.subscription:  # which no order names any more
        end_renewal(renewed, now)
    if order.kind != Order.Kind.RENEWAL:
        end_renewals_to_bought(order, now)


def _is_expected(order: Order, money: MoneyReceived) -> bool:
    return order.is_open and (order.amount, order.currency) == (money.amount, money.currency)


def _period_given(order: Order, now: datetime) -> GivenPeriod | None:
    """Return the period that was bought, or None where none can be given. Money is never refused."""
    try:
        return _period(order, now)
    except SubscriptionError as error:
        logger.exception("a paid period could not be given", extra={"order": order.pk, "error": type(error).__name__})
        return None


def _renewed(order: Order, subscription: Subscription, now: datetime) -> GivenPeriod:
    """Renew the subscription. One that was cancelled while its charge was on its way stays cancelled."""
    was_cancelled = order.close_requested_at is not None and _is_cancelled(order, subscription)
    _refuse_changed_since(order, subscription)
    with kept_ended(order, subscription):
        event_id = renew_bought(subscription, order.plan_id, purchase_of(order), now=now)
        if was_cancelled:
            SubscriptionService.cancel_subscription(subscription, now=now)
    return GivenPeriod(subscription, event_id)


def _is_cancelled(order: Order, subscription: Subscription) -> bool:
    """Return True if somebody ended it since the order opened, at once or with the paid time, and did not resume it."""
    if subscription.status != Subscription.Status.EXPIRED:
        return subscription.status == Subscription.Status.CANCELLED
    at_once = Q(actor__isnull=False) | Q(old_end_date__gt=F("occurred_at"))  # the sweep does neither
    expired = subscription.events.filter(transition=Transition.EXPIRED, occurred_at__gte=order.opened_at)
    if expired.filter(at_once).exists():
        return True
    if decided := last_decision(subscription, order.opened_at):
        return decided == Transition.CANCELLED
    # One that was late and was ended in nobody's name: it had the grace period of its charge, and lost it.
    return order.way == Order.Way.CHARGE and subscription.grace_until is None


def _period(order: Order, now: datetime) -> GivenPeriod:
    """Begin or renew the subscription. A live one to the same plan that stands in the way is renewed instead."""
    if order.kind == Order.Kind.CHANGE:
        return _latest(_changed(order, now))
    bought = purchase_of(order)
    try:
        if order.subscription is None:
            return _latest(SubscriptionService.create_subscription(order.user, order.plan, now=now, bought=bought))
        return _renewed(order, order.subscription, now)
    except AlreadySubscribed as error:
        if error.subscription_id is None:
            raise
        live = Subscription.objects.get(pk=error.subscription_id)
        lock_subscription(live)
        with kept_ended(order, live):
            return GivenPeriod(live, renew_bought(live, order.plan_id, bought, now=now))


def _changed(order: Order, now: datetime) -> Subscription:
    assert order.subscription is not None  # noqa: S101 - the database requires it
    with kept_ended(order, order.subscription):
        return give_change(order, now)


def _latest(subscription: Subscription) -> GivenPeriod:
    """Return the period that the subscription has just begun."""
    return GivenPeriod(subscription, subscription.events.filter(BEGINS_A_PERIOD).latest("pk").pk)


def _refuse_changed_since(order: Order, subscription: Subscription) -> None:
    """Raise IllegalTransition if the plan was changed since the order opened: its money must not change it back."""
    if order.plan_id in (subscription.plan_id, subscription.next_plan_id):
        return
    changes = subscription.events.filter(transition=Transition.CHANGED, occurred_at__gte=order.opened_at)
    if changes.exists():
        raise IllegalTransition(f"{subscription} went over to another plan since {order} opened; refund the payment")
