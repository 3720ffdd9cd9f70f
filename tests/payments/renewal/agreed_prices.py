"""Agreements to renew at a price, and decisions for another one."""

from datetime import datetime, timedelta
from decimal import Decimal

from payments.charging.renewal_orders import open_orders
from payments.models import Order, PaymentMethod, PriceChange, Renewal
from payments.renewal.price_changes import decide_price
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_user

DAY = timedelta(days=1)
HOLDS = NOW + 40 * DAY


def unlimited() -> timedelta:
    return DAY


def renewing(plan: Plan, *, auto_renew: bool = True, amount: str = "9.90", **user: object) -> Renewal:
    """Create a subscription that a card renews on what was agreed."""
    held = Service.create_subscription(make_user(**user), plan, now=NOW)
    method = PaymentMethod.objects.create(
        user=held.user, provider="stripe", customer="cus_1", token=f"pm_{held.pk}", last4="4242"
    )
    return Renewal.objects.create(
        subscription=held,
        auto_renew=auto_renew,
        method=method,
        amount=Decimal(amount),
        currency="EUR",
        agreed_at=NOW - DAY,
    )


def decide(plan: Plan, price: str = "12.00", starts_at: datetime = HOLDS, now: datetime = NOW) -> PriceChange:
    Plan.objects.filter(pk=plan.pk).update(price=price)
    return decide_price(plan, starts_at, "costs have risen", now=now, actor=None)


def charged(renewal: Renewal, provider: str = "stripe") -> Order:
    """Return the order that the charger opens for the next period."""
    held = renewal.subscription
    held.refresh_from_db()
    open_orders(provider, held.end_date - DAY / 2, unlimited)
    order: Order = held.orders.latest("pk")
    return order
