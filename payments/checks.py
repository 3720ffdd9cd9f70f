"""System checks of payments.

- payments.E001: payments by transfer lack the instructions that subscribers pay by.
- payments.E002: payments by Stripe lack the key or a webhook's secret.
- payments.E003: STRIPE_API_BASE leads off this machine, or a live key would be sent to it.
- payments.E004: a live key outside the stage `production`, where nobody expects that money moves.
- payments.W005: a test key in the stage `production`, where nothing is taken by it.
- payments.W006: a plan's price cannot be charged: too small for the provider, or with decimals that it does not take.

The last one needs the database: `manage.py check --database default`, and `migrate`.
"""

from collections.abc import Collection
from decimal import ROUND_DOWN
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import router

from payments.models import Order
from payments.providers.stripe.keys import is_live, is_safe
from subscriptions.models import Plan


@register
def check_instructions(**options: Any) -> list[CheckMessage]:
    """Check that the page of an order says where to pay."""
    if settings.PAYMENT_PROVIDER != "manual" or settings.PAYMENT_INSTRUCTIONS.strip():
        return []
    hint = "Set PAYMENT_INSTRUCTIONS to the account that subscribers transfer to."
    return [Error("PAYMENT_PROVIDER is manual, and PAYMENT_INSTRUCTIONS is empty", hint=hint, id="payments.E001")]


@register
def check_stripe(**options: Any) -> list[CheckMessage]:
    """Check that Stripe's key and secrets are there and belong to the stage."""
    if settings.PAYMENT_PROVIDER != "stripe":
        return []
    return [*_missing_secrets(), *_unsafe_address(), *_wrong_stage()]


@register(Tags.database)
def check_prices(databases: Collection[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Look for plans on sale that nobody can pay for."""
    from foundation.orm.tables import has_tables  # noqa: PLC0415 - a cold start checks no database
    from payments.providers.payable import payable  # noqa: PLC0415 - nor a price

    alias = router.db_for_write(Plan)
    if not settings.PAYMENT_PROVIDER or alias not in (databases or ()) or not has_tables(alias, Plan, Order):
        return []
    hint = "Change the price, or take the plan off sale."
    return [
        checks.Warning(
            f"the provider cannot charge {plan.price_text} {plan.currency}, the price of plan {plan.pk}",
            hint=hint,
            id="payments.W006",
        )
        for plan in Plan.objects.using(alias).filter(on_sale=True, price__gt=0).only("price", "currency")
        if payable(plan.price, plan.currency, ROUND_DOWN) != plan.price
    ]


def _missing_secrets() -> list[CheckMessage]:
    given = {name: getattr(settings, name) for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS")}
    hint = "Put it into the function's secret: docs/secrets.md."
    return [
        Error(f"PAYMENT_PROVIDER is stripe, and {name} is empty", hint=hint, id="payments.E002")
        for name, value in given.items()
        if not value
    ]


def _unsafe_address() -> list[CheckMessage]:
    base = settings.STRIPE_API_BASE
    if not base or is_safe(base, settings.STRIPE_SECRET_KEY):
        return []
    hint = "Unset STRIPE_API_BASE. It is for a provider on this machine and a test key."
    return [Error("STRIPE_API_BASE would be sent a key that is not for it", hint=hint, id="payments.E003")]


def _wrong_stage() -> list[CheckMessage]:
    in_production = settings.METRIC_DIMENSIONS["Stage"] == "production"
    live = is_live(settings.STRIPE_SECRET_KEY)
    if live and not in_production:
        hint = "Use a test key, sk_test_... or rk_test_..., in this stage."
        return [
            Error("STRIPE_SECRET_KEY is a live key, and the stage is not production", hint=hint, id="payments.E004")
        ]
    if settings.STRIPE_SECRET_KEY and in_production and not live:
        hint = "Use the live key when subscribers are to pay."
        return [
            checks.Warning(
                "STRIPE_SECRET_KEY takes no money, and the stage is production", hint=hint, id="payments.W005"
            )
        ]
    return []
