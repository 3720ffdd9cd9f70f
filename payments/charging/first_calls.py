"""First call for each claimed order: what was said of it before decides."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from payments.models import Order, OrderState, PaymentMethod, Renewal
from subscriptions.models.subscription import RENEWAL_AHEAD

AT_THE_PAGE = timedelta(hours=1)
"""Time for which a subscriber who has asked for the page is left to pay there."""


class FirstCall(Enum):
    """Call that finds out, or ends, what the stored reference stands for."""

    ASK = "ask"
    CLOSE = "close"


class Sorted(NamedTuple):
    """Claimed orders by what comes first."""

    looked: dict[FirstCall, list[Order]]
    to_prepare: list[Order]
    stored: list[Order]


def sort(orders: Iterable[Order], provider: str, now: datetime) -> Sorted:
    """Return the orders by their first call: to be asked about or closed, to be prepared, or charged at once."""
    found = Sorted({call: [] for call in FirstCall}, [], [])
    for order in orders:
        if not order.reference:
            found.to_prepare.append(order)
        elif call := _first_call(order, is_to_be_charged(order, provider, now), now):
            found.looked[call].append(order)
        else:
            found.stored.append(order)
    return found


def is_chargeable(order: Order, provider: str) -> bool:
    """Return True if the subscriber agreed to be charged this much for the period, to a method of the provider.

    Nobody is charged who is deactivated.
    """
    return order.user.is_active and _is_agreed_to(order, provider)


def waits_for_user(order: Order, provider: str, now: datetime) -> bool:
    """Return True if the order is not charged for no other reason than that its user is deactivated."""
    needs_nothing = order.state != OrderState.NEEDS_SUBSCRIBER and not order.user.is_active
    return needs_nothing and is_near(order, now) and _is_agreed_to(order, provider)


def _is_agreed_to(order: Order, provider: str) -> bool:
    renewal = _renewal_of(order)
    if order.kind != Order.Kind.RENEWAL or renewal is None or not renewal.auto_renew or renewal.method is None:
        return False
    agreed = order.currency == renewal.currency and order.amount <= renewal.charge
    usable = renewal.method.removed_at is None and renewal.method.provider == provider
    return agreed and usable


def is_to_be_charged(order: Order, provider: str, now: datetime) -> bool:
    """Return True if the order is chargeable and its period is near: subscribers may open one long before."""
    return is_near(order, now) and is_chargeable(order, provider)


def is_near(order: Order, now: datetime) -> bool:
    """Return True from the instant on at which renewals are charged."""
    return order.period_start is None or now >= order.period_start - RENEWAL_AHEAD


def method_of(order: Order) -> PaymentMethod:
    """Return the method to charge. Raises ValueError for an order that is not chargeable."""
    renewal = _renewal_of(order)
    if renewal is None or renewal.method is None:
        raise ValueError(f"{order} has no payment method")
    return renewal.method


def page_rests_until(order: Order, now: datetime) -> datetime:
    """Return the instant until which the subscriber is left alone at the page."""
    return max(now, order.consented_at or now) + AT_THE_PAGE


def _first_call(order: Order, may_charge: bool, now: datetime) -> FirstCall | None:
    """Return the call; None for a charge that is stored and was not confirmed, or was declined."""
    if order.close_requested_at:
        return FirstCall.CLOSE
    if order.state != OrderState.OPEN:
        return FirstCall.ASK
    if order.way == Order.Way.CHARGE:
        return None if may_charge else FirstCall.CLOSE
    at_the_page = order.consented_at is not None and now < order.consented_at + AT_THE_PAGE
    return FirstCall.CLOSE if may_charge and not at_the_page else FirstCall.ASK


def _renewal_of(order: Order) -> Renewal | None:
    if order.subscription is None:
        return None
    return getattr(order.subscription, "renewal", None)
