"""Application of a provider's facts: whatever their order and however often each comes, the rows end the same.

Facts have ranks. Money that moved is final, and is recorded once per transaction. News of an order that is not money
decides nothing: it makes the charger ask the provider, whose answer is newer than any message. A refund or a dispute
waits for the payment that it is about.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from payments.charging.first_calls import is_chargeable
from payments.errors import UnreadableFact
from payments.methods import reported_methods
from payments.methods.customers import keep_customer
from payments.models import Order, OrderState
from payments.models.order import OrderQuerySet
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import MoneyReceived, record_payment, record_unexpected
from payments.received_money.settling import keep_method
from payments.refunds.returned_money import record_dispute, record_failed_refund, record_refund

logger = logging.getLogger(__name__)

ANSWERED = (OrderState.OPEN, OrderState.NEEDS_SUBSCRIBER)
"""States in which the charger knows the outcome of the last charge."""


def apply(provider: str, fact: Fact, now: datetime) -> None:
    """Apply one fact in the open transaction. Raises UnknownTransaction, UnreadableFact, and errors of recording."""
    APPLIED_BY[fact.kind](provider, fact, now)


def _record_money(provider: str, fact: Fact, now: datetime) -> None:
    if not fact.transaction_id or fact.amount is None:
        raise UnreadableFact(f"a fact of kind {fact.kind} names no transaction or no amount")
    money = MoneyReceived(provider, fact.transaction_id, fact.amount, fact.currency, fact.made_at, fact.receipt_url)
    order = order_of(provider, fact)
    if order is not None and not fact.is_proven and fact.reference != order.reference:
        _record_doubtful(order, money, now)
    elif order is None:
        record_unexpected(money, now=now)
    else:
        record_payment(order, money, now=now)
        if fact.method:
            keep_method(order, fact.method, fact.made_at, now)


def _refuse(provider: str, fact: Fact, now: datetime) -> None:
    raise UnreadableFact(fact.code)


def _record_doubtful(order: Order, money: MoneyReceived, now: datetime) -> None:
    """Record money for what may be another's order of this number as a surplus, unless it was recorded before.

    An order with a page may have been paid there: the provider is asked about that page, and nothing is recorded. Who
    asks about an order that may be charged might charge it; the charger finds the money when it closes the page.
    """
    if not (order.is_open and order.way == Order.Way.PAGE and order.reference):
        record_unexpected(money, now=now)
    elif not is_chargeable(order, money.provider):
        Order.objects.unfinished().filter(pk=order.pk).update(due_at=now)


def _ask_soon(provider: str, fact: Fact, now: datetime) -> None:
    """Make the order due, so that the charger asks. An older reference than the order's is of no interest.

    A charge that is open, or waits for the subscriber, has told the charger its failure already: made due, it would be
    charged again at once, and tell of another failure.
    """
    _referring(provider, fact).exclude(way=Order.Way.CHARGE, state__in=ANSWERED).update(due_at=now)


def _ask_after_failure(provider: str, fact: Fact, now: datetime) -> None:
    """Keep the customer that the provider has created for a try that failed, and make the order due."""
    order = order_of(provider, fact) if fact.customer and fact.is_proven else None
    owner = fact.user_id if order is None else order.user_id
    if fact.customer and owner:
        keep_customer(provider, fact.customer, owner, fact.made_at, now)
    _ask_soon(provider, fact, now)


def _await(provider: str, fact: Fact, now: datetime) -> None:
    """Make the charger ask before anything else, whatever the order waits for."""
    referring = _referring(provider, fact)
    answered = referring.filter(way=Order.Way.CHARGE, state__in=ANSWERED)
    answered.update(state=OrderState.UNKNOWN, unknown_since=now)
    referring.update(due_at=now)
    _at_the_page(provider, fact).update(due_at=now)


def _at_the_page(provider: str, fact: Fact) -> OrderQuerySet:
    """Return the unfinished order that the fact names and whose page is open; none if the number is not proven.

    The page has a reference of its own, and its subscriber may never come back from it.
    """
    if fact.order_id is None or not fact.is_proven:
        return Order.objects.none()
    named = Order.objects.unfinished().filter(pk=fact.order_id, provider=provider, way=Order.Way.PAGE)
    return named.exclude(reference="")


def _referring(provider: str, fact: Fact) -> OrderQuerySet:
    """Return the unfinished order whose present reference the fact names; none if it names no reference."""
    if not fact.reference:
        return Order.objects.none()
    return Order.objects.unfinished().filter(provider=provider, reference=fact.reference)


def order_of(provider: str, fact: Fact) -> Order | None:
    """Return the order that the fact is about: the one it names, or the one that refers to it."""
    if fact.order_id is not None:
        return Order.objects.filter(pk=fact.order_id).first()
    if not fact.reference:
        return None
    return Order.objects.filter(provider=provider, reference=fact.reference).first()


APPLIED_BY: Mapping[FactKind, Callable[[str, Fact, datetime], None]] = {
    FactKind.SUCCEEDED: _record_money,
    FactKind.PENDING: _await,
    FactKind.REQUIRES_ACTION: _ask_soon,
    FactKind.FAILED: _ask_after_failure,
    FactKind.CLOSED: _ask_after_failure,
    FactKind.REFUNDED: record_refund,
    FactKind.REFUND_FAILED: record_failed_refund,
    FactKind.DISPUTED: record_dispute,
    FactKind.DISPUTE_LOST: record_dispute,
    FactKind.DISPUTE_WON: record_dispute,
    FactKind.METHOD_SAVED: reported_methods.save,
    FactKind.METHOD_REMOVED: reported_methods.remove,
    FactKind.UNREADABLE: _refuse,
}
