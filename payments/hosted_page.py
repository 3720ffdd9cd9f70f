"""Payment on the provider's page. No transaction is open during its calls."""

from datetime import datetime

from django.db.models import Q

from payments.errors import OrderFinished, ProviderUnavailable
from payments.models import Order, Renewal
from payments.orders import opening
from payments.orders.consents import Consent, store_consent
from payments.orders.fence import store_reference, take_way
from payments.providers.interface import Outcome, OutcomeKind, Page, Provider
from payments.received_money.settling import settle

MONEY_MOVES = (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING)


class MoneyOnItsWay(OrderFinished):
    """The order was paid meanwhile, or its money is on its way, so that no page is opened."""


def begin(order: Order, provider: Provider, consent: Consent, return_url: str, now: datetime) -> Page:
    """Return the page on which the order is paid: the open one, unless it was opened with another consent.

    Raises MoneyOnItsWay, ProviderRefused, or ProviderUnavailable if what is open cannot be closed now, or is being
    closed because the order is withdrawn.
    """
    if order.close_requested_at:
        raise ProviderUnavailable(f"{order} is being closed")
    if _is_open(order, provider, consent, now):
        store_consent(order, consent, now)
        return provider.begin(order, return_url, return_url)
    if order.reference and not close(order, provider, now):
        raise ProviderUnavailable(f"what is open for {order} cannot be closed now; try again later")
    if not take_way(order, Order.Way.PAGE, provider.name):
        raise ProviderUnavailable(f"{order} has changed meanwhile; try again")
    store_consent(order, consent, now)
    return _stored(order, provider, provider.begin(order, return_url, return_url), return_url)


def close(order: Order, provider: Provider, now: datetime) -> bool:
    """Close what is open for the order. Return True if nobody can pay it there any more. Raises MoneyOnItsWay."""
    return not order.reference or _outcome(order, provider.close(order.reference), now) is OutcomeKind.CLOSED


def withdraw(order: Order, provider: Provider, now: datetime) -> bool:
    """Void the order. If its page cannot be closed now, the charger does both.

    Return True if automatic renewal ends with it. Raises MoneyOnItsWay, OrderFinished.
    """
    if order.is_open and close(order, provider, now):
        take_way(order, order.way, order.provider)  # nothing is open for it
    return opening.withdraw(order, now)


def ask(order: Order, provider: Provider, now: datetime) -> Outcome:
    """Ask the provider once, and record what it says. The order is brought up to date."""
    outcome = provider.ask(order.reference)
    settle(order, outcome, now)
    order.refresh_from_db()
    return outcome


def is_worth_asking(order: Order) -> bool:
    """Return True if the provider knows more of the order: it is not finished, or the method is still to be kept."""
    if order.is_open:
        return True
    unknown = Q(method=None) | Q(method__last4="")  # a webhook names the method and does not describe it
    renewal = Renewal.objects.filter(unknown, subscription=order.subscription_id, auto_renew=True)
    return order.renews and order.state == Order.State.PAID and renewal.exists()


def _is_open(order: Order, provider: Provider, consent: Consent, now: datetime) -> bool:
    if not order.reference or order.way != Order.Way.PAGE or order.renews != consent.renews:
        return False
    return _outcome(order, provider.ask(order.reference), now) is OutcomeKind.OPEN


def _outcome(order: Order, outcome: Outcome, now: datetime) -> OutcomeKind:
    settle(order, outcome, now)
    if outcome.kind in MONEY_MOVES:
        raise MoneyOnItsWay(f"{order} needs no page: {outcome.kind}")
    return outcome.kind


def _stored(order: Order, provider: Provider, page: Page, return_url: str) -> Page:
    """Return the page whose reference is stored. Only that one is shown, whichever tab opened it."""
    if store_reference(order, page.reference):
        return page
    provider.close(page.reference)  # nobody has seen it
    order.refresh_from_db()
    if order.way != Order.Way.PAGE or not order.reference:
        raise ProviderUnavailable(f"{order} has changed meanwhile; try again")
    return provider.begin(order, return_url, return_url)
