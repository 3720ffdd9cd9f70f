"""Reconciling: what the provider lists is applied as if its messages had arrived, and ours is held against it."""

import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from payments.errors import PaymentError
from payments.facts import apply
from payments.models import Payment
from payments.providers.interface import Fact, Provider

logger = logging.getLogger(__name__)

DAYS = timedelta(days=3)
"""Period that the nightly job looks back: three days of lost messages and failed nights."""

MARGIN = timedelta(hours=1)
"""Ours and the provider's clocks, and money that arrives meanwhile: this close to either end nothing is missing."""


@dataclass
class Reconciliation:
    """Numbers of what the provider listed, what was recorded by it, and what could not be."""

    facts: int = 0
    recorded: int = 0
    failed: int = 0
    unaccounted: list[str] = field(default_factory=list)
    """Transactions of ours that the provider does not list."""

    def summary(self) -> dict[str, int]:
        """Return the numbers, for a job's log."""
        return {**asdict(self), "unaccounted": len(self.unaccounted)}


def reconcile(provider: Provider, since: datetime, now: datetime) -> Reconciliation:
    """Apply everything that the provider lists since the instant, oldest first. Raises ProviderUnavailable.

    No transaction is open while the list is read. What cannot be applied is counted, and stops nothing. Nothing is
    compared with a provider that lists nothing.
    """
    if (told := provider.since(since)) is None:
        return Reconciliation()
    listed = sorted(told, key=lambda fact: fact.made_at)
    found = Reconciliation(facts=len(listed))
    before = Payment.objects.filter(provider=provider.name).count()
    for fact in listed:
        found.failed += not _is_applied(provider.name, fact, now)
    found.recorded = Payment.objects.filter(provider=provider.name).count() - before
    found.unaccounted = _unaccounted(provider.name, {fact.transaction_id for fact in listed}, since, now)
    if found.recorded or found.failed or found.unaccounted:
        logger.error("reconciling found what no message told", extra=found.summary())
    return found


def _is_applied(provider: str, fact: Fact, now: datetime) -> bool:
    try:
        with transaction.atomic():
            apply(provider, fact, now)
    except PaymentError as error:
        logger.warning("a listed fact could not be applied", extra={"kind": fact.kind, "reason": str(error)})
        return False
    except Exception:
        logger.exception("a listed fact could not be applied", extra={"kind": fact.kind})
        return False
    return True


def _unaccounted(provider: str, listed: set[str], since: datetime, now: datetime) -> list[str]:
    ours = Payment.objects.filter(provider=provider, paid_at__gte=since + MARGIN, paid_at__lt=now - MARGIN)
    named_by_it = ours.exclude(kind=Payment.Kind.REVERSAL)  # the number of a reversal is ours: it lists the refund
    return sorted(set(named_by_it.values_list("transaction_id", flat=True)) - listed)
