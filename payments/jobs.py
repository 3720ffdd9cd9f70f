"""Scheduled jobs. Zappa requires the signature `(event, context)`."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from foundation import clock
from foundation.jobs import metrics
from foundation.jobs.invocation import LambdaContext, scheduled_job
from payments.attention import needs_attention
from payments.charging.charger import Charger
from payments.charging.claims import release_abandoned
from payments.methods.card_expiries import tell_of_expiries
from payments.methods.forgetting import forget_customers
from payments.metrics import PaymentMetric
from payments.providers.interface import Provider
from payments.providers.registry import current
from payments.reconciling import DAYS, reconcile
from payments.refunds.requests import process_refunds
from payments.renewal.price_changes import apply_price_changes, fold_new_amounts
from payments.webhooks.inbox import process_pending

logger = logging.getLogger(__name__)


def process_payments(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Apply waiting messages, refund, charge what is due, and forget erased users. Count what needs attention.

    Without a provider that is asked, as with `manual`, it only counts; nothing where payments are off.

    Returns the numbers. Raises InvalidJobEvent, JobFailed, or the database's error; the next run goes on.
    """
    with scheduled_job(event, context) as invocation:
        if not settings.PAYMENT_PROVIDER:
            return {}
        now, provider = clock.now(), current()
        # Without a provider, too: what a charger of the former one has left is to be counted.
        summary = _process(provider, now, invocation.time_left) if provider else {"abandoned": release_abandoned()}
        needed = needs_attention(now)
        metrics.emit({PaymentMetric.NEEDS_ATTENTION: sum(needed.values())})
        logger.info("payments processed", extra=summary | needed)
        return summary


def _process(provider: Provider, now: datetime, time_left: Callable[[], timedelta]) -> dict[str, int]:
    messages = process_pending(provider, now, time_left)
    summary = {f"messages_{name}": number for name, number in messages.items()}
    summary["refunded"] = process_refunds(provider, now, time_left)
    summary |= Charger(provider, clock.now, time_left).run()
    summary["prices_announced"] = apply_price_changes(now, time_left)
    summary["forgotten"] = forget_customers(provider, now, time_left)
    return summary


def reconcile_payments(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Hold the provider's list of the last days against ours, each night, and record what no message told.

    Before that, subscribers are told of cards that expire before the next renewal.

    Returns the numbers. Raises InvalidJobEvent, JobFailed, ProviderUnavailable, or the database's error.
    """
    with scheduled_job(event, context) as invocation:
        provider = current()
        if provider is None:
            return {}
        now = clock.now()
        told = {"expiries_told": tell_of_expiries(now, invocation.time_left), "prices_changed": fold_new_amounts(now)}
        return told | reconcile(provider, now - DAYS, now).summary()
