"""Deletion of erased users' customers at the provider: asked for by a job, and again until it has answered."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q, QuerySet

from accounts.profiles import is_erased
from foundation.orm.key import Key
from payments.errors import NothingToForget, ProviderRefused, ProviderUnavailable
from payments.isolation import apart
from payments.models import PaymentMethod
from payments.providers.registry import current

logger = logging.getLogger(__name__)

RESERVE = timedelta(seconds=15)
"""Time that must be left to begin a call."""

BATCH = 100


PATIENCE = timedelta(days=1)
"""Time after which a customer whom the provider has not deleted needs an operator."""


class ForgettingProvider(Protocol):
    """The part of a Provider that is needed here."""

    name: str

    def forget(self, customer: str) -> None: ...


def forgotten_fields(user_id: Key, now: datetime) -> dict[str, datetime]:
    """Return the fields of a new method that mark it for deletion if its user is erased; else none."""
    return {"removed_at": now, "forget_requested_at": now} if is_erased(user_id) else {}


def left_to_staff(now: datetime) -> QuerySet[PaymentMethod]:
    """Return what only an operator gets deleted: of a former provider, or not deleted by the present one for a day."""
    provider = current()
    waits_long = Q(forget_requested_at__lt=now - PATIENCE)
    return PaymentMethod.objects.to_forget().filter(waits_long | ~Q(provider=provider.name) if provider else Q())


def mark_forgotten(method: PaymentMethod, now: datetime) -> None:
    """Record that an operator has deleted the customer in the provider's dashboard. Raises NothingToForget."""
    if not PaymentMethod.objects.to_forget().filter(pk=method.pk).exists():
        raise NothingToForget(f"the customer of {method} is not to be deleted, or is deleted already")
    _mark(method.provider, method.customer, now)
    logger.info("a customer was deleted by hand", extra={"payment_method": method.pk})


def forget_customers(provider: ForgettingProvider, now: datetime, time_left: Callable[[], timedelta]) -> int:
    """Ask the provider to delete the customers of erased users; return how many it deleted.

    What it does not answer is asked again by the next run, and hides no other. No transaction is open during a call.
    """
    waiting = PaymentMethod.objects.to_forget().filter(provider=provider.name)
    methods = {customer: key for key, customer in waiting.order_by("pk").values_list("pk", "customer")[:BATCH]}
    forgotten = 0
    for customer, method in methods.items():
        if time_left() <= RESERVE:
            break
        with apart(payment_method=method):
            forgotten += _forget(provider, customer, now)
    return forgotten


def _forget(provider: ForgettingProvider, customer: str, now: datetime) -> bool:
    try:
        provider.forget(customer)
    except (ProviderUnavailable, ProviderRefused) as error:
        logger.warning("the provider has not deleted a customer", extra={"error": type(error).__name__})
        return False
    _mark(provider.name, customer, now)
    return True


def _mark(provider: str, customer: str, now: datetime) -> None:
    for method in PaymentMethod.objects.to_forget().filter(provider=provider, customer=customer):
        method.customer, method.token, method.forgotten_at = "", f"forgotten-{method.pk}", now
        method.save(update_fields=["customer", "token", "forgotten_at"])
