"""Renewal orders that are due, claims that come too late, and one run of the charger."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from accounts.models import User
from payments.charging.calls import Pace
from payments.charging.charger import Charger
from payments.charging.renewal_orders import open_orders
from payments.models import Order, PaymentMethod, Renewal
from subscriptions.models import Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.services import SubscriptionService
from tests.payments.opened_orders import renewal_order
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

DAY = timedelta(days=1)
END = NOW + MONTH
DUE = END - DAY
_numbers = count(1)


def make_method(user: User, charged_as: str = "ok") -> PaymentMethod:
    """Save a payment method that is charged as told."""
    return PaymentMethod.objects.create(
        user=user, provider=LedgerProvider.name, customer="customer", token=f"{charged_as}_{next(_numbers)}"
    )


def agree(subscription: Subscription, method: PaymentMethod | None) -> Renewal:
    """Agree to renew at the plan's present price."""
    return Renewal.objects.create(
        subscription=subscription,
        auto_renew=True,
        method=method,
        amount=subscription.plan.price,
        currency=subscription.plan.currency,
        agreed_at=NOW,
    )


def renewing(charged_as: str = "ok") -> Subscription:
    """Create a subscription that renews by itself."""
    user = make_user()
    subscription = SubscriptionService.create_subscription(user, make_plan(), now=NOW)
    agree(subscription, make_method(user, charged_as))
    return subscription


def open_at(now: datetime) -> int:
    """Open the orders that are due at `now`, and return their number."""
    return open_orders(LedgerProvider.name, now, lambda: timedelta(minutes=1))


def due_order(charged_as: str = "ok") -> Order:
    """Open a renewal order that is due a day before the end of its subscription's period."""
    subscription = renewing(charged_as)
    order = renewal_order(subscription, DUE)
    SubscriptionService.grant_grace(subscription, END + 7 * DAY, now=DUE)
    order.due_at = DUE
    order.way, order.provider = Order.Way.CHARGE, LedgerProvider.name
    order.save()
    return order


def charged_as(order: Order, said: str) -> None:
    """Replace the token of the method to which the order is charged."""
    assert order.subscription is not None
    method = order.subscription.renewal.method
    assert method is not None
    method.token = f"{said}_{next(_numbers)}"
    method.save()


def charge(provider: LedgerProvider, now: datetime = DUE) -> dict[str, int]:
    """Run the charger once, without waiting for its pace."""
    return Charger(provider, lambda: now, lambda: timedelta(minutes=15), Pace(per_second=1e6)).run()


def committed_before_the_locks(change: Callable[[], object]) -> Callable[..., list[Subscription]]:
    """Return a claim that found its rows in a snapshot from before the change, as PostgreSQL's may, the first time."""
    claim, changes = SubscriptionQuerySet.claim, [change]

    def claim_by_an_old_snapshot(rows: SubscriptionQuerySet, limit: int) -> list[Subscription]:
        found = claim(rows, limit)
        if changes:
            changes.pop()()
        return found

    return claim_by_an_old_snapshot
