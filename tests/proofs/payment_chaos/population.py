"""Subscriptions that renew by themselves and end a day after the storm begins."""

from datetime import timedelta
from decimal import Decimal
from itertools import cycle, islice

from django.contrib.auth import get_user_model

from payments.models import PaymentMethod, Renewal
from subscriptions.access.membership import reconcile_access
from subscriptions.models import Plan, Subscription
from tests.proofs.payment_chaos.durations import START
from tests.support.factories import MONTH, user_fields
from tests.support.ledger_provider import LedgerProvider

END = START + timedelta(days=1)

CHARGED_AS = ("ok",) * 12 + ("declined", "authentication", "lost", "sepa")
"""Methods, as their tokens say: three of four are charged at once."""

PRICES = (("9.90", "EUR"), ("990", "JPY"), ("3.490", "KWD"))


def populate(number: int, round_: int) -> None:
    """Create that many subscriptions with users, access, methods and agreements."""
    plans = [
        Plan.objects.get_or_create(
            name=f"Monthly in {currency}", defaults={"price": price, "currency": currency, "duration_days": 30}
        )[0]
        for price, currency in PRICES
    ]
    model = get_user_model()
    names = [f"r{round_}u{index}" for index in range(number)]
    users = model._base_manager.bulk_create(model(**user_fields(name, email=f"{name}@example.com")) for name in names)
    made = Subscription.objects.bulk_create(
        Subscription(user=user, plan=plan, start_date=END - MONTH, end_date=END)
        for user, plan in zip(users, cycle(plans), strict=False)
    )
    tokens = islice(cycle(CHARGED_AS), number)
    methods = PaymentMethod.objects.bulk_create(
        PaymentMethod(user=user, provider=LedgerProvider.name, customer="c", token=f"{token}_{user.pk}")
        for user, token in zip(users, tokens, strict=True)
    )
    Renewal.objects.bulk_create(
        Renewal(
            subscription=subscription,
            auto_renew=True,
            method=method,
            amount=Decimal(subscription.plan.price),
            currency=subscription.plan.currency,
            agreed_at=START,
        )
        for subscription, method in zip(made, methods, strict=True)
    )
    reconcile_access([user.pk for user in users], START)
