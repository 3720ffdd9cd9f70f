"""Migrate the database of `DATABASE_URL` and open renewal orders that are due: `... charging.fill NUMBER URL`.

Each is to be charged to a card of its own, which is saved at the local provider of this address.
"""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.charging.environment import stripe_at
from benchmarks.local_django import set_up_local_django

if TYPE_CHECKING:
    from accounts.models import User
    from payments.models import PaymentMethod
    from subscriptions.models import Plan

CARD = "pm_card_visa"
PRICE, CURRENCY = Decimal("9.90"), "EUR"
OPENED_AGO = timedelta(hours=21)
"""Time since the orders were opened. Their first tries are spread over 20 hours, and so all are due."""
ENDS_AFTER = timedelta(hours=23)


def main(number: int, url: str) -> None:
    """Create subscribers whose subscriptions renew, and open their orders."""
    set_up_local_django(**stripe_at(url))
    from django.core.management import call_command  # noqa: PLC0415 - these load models

    from accounts.models import User  # noqa: PLC0415
    from foundation import clock  # noqa: PLC0415
    from payments.charging.renewal_orders import open_orders  # noqa: PLC0415
    from subscriptions.models import Plan  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    plan = Plan.objects.create(name="Charged", price=PRICE, currency=CURRENCY, duration_days=30)
    opened = clock.now() - OPENED_AGO
    for each in range(number):
        user = User.objects.create(username=f"subscriber{each}", email=f"subscriber{each}@example.org")
        _agree(user, plan, opened)
    open_orders("stripe", opened, lambda: timedelta.max)


def _agree(user: "User", plan: "Plan", opened: datetime) -> None:
    from payments.models import Renewal  # noqa: PLC0415 - these load models
    from subscriptions.services import SubscriptionService  # noqa: PLC0415

    begun = opened + ENDS_AFTER - timedelta(days=plan.duration_days)
    subscription = SubscriptionService.create_subscription(user, plan, now=begun)
    Renewal.objects.create(
        subscription=subscription,
        auto_renew=True,
        method=_saved_method(user),
        amount=PRICE,
        currency=CURRENCY,
        agreed_at=begun,
    )


def _saved_method(user: "User") -> "PaymentMethod":
    """Save a card for the user, at the provider and here."""
    from payments.models import PaymentMethod  # noqa: PLC0415 - these load models
    from payments.providers.stripe.client import v1  # noqa: PLC0415

    customer = v1().customers.create({"metadata": {"user": str(user.pk)}})
    card = v1().payment_methods.attach(CARD, {"customer": customer.id})
    return PaymentMethod.objects.create(user=user, provider="stripe", customer=customer.id, token=card.id)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
