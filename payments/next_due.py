"""Next instant at which the job of payments has something to do."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.due_work import DueWork
from payments.attention import needs_attention, next_attention
from payments.charging.claims import next_release
from payments.charging.closing import to_close
from payments.charging.renewal_orders import next_opening
from payments.models import Order, PaymentMethod, PriceChange, Refund
from payments.providers.interface import Provider
from payments.providers.registry import current
from payments.webhooks.inbox import next_try


def next_payment(now: datetime) -> datetime | None:
    """Return the earliest instant; `now` while something needs attention. None where payments are off."""
    if not takes_payments():
        return None
    if any(needs_attention(now).values()):  # an alarm would end if nobody counted it
        return now
    provider = current()
    instants = [next_attention(now), next_release(), *(_instants(provider, now) if provider else ())]
    return min(filter(None, instants), default=None)


def _instants(provider: Provider, now: datetime) -> Iterator[datetime | None]:
    """Yield the instants of messages, refunds, charges, closings, price changes, customers to forget, and orders."""
    yield next_try(provider.name)
    yield _earliest(Refund.objects.filter(finished_at__isnull=True, payment__provider=provider.name))
    yield _earliest(Order.objects.unfinished().filter(provider__in=["", provider.name]))
    if PriceChange.objects.filter(finished_at=None).exists():
        yield now  # subscribers are still to be told
    if to_close(provider.name).exists() or PaymentMethod.objects.to_forget().filter(provider=provider.name).exists():
        yield now
    if not provider.charges_itself:
        yield next_opening(provider.name, now)


def _earliest(rows: QuerySet[Refund] | QuerySet[Order]) -> datetime | None:
    due = rows.filter(due_at__isnull=False).order_by("due_at").values_list("due_at", flat=True)
    return due.first()


def money_due(now: datetime) -> Iterator[str]:
    """Yield whether money needs attention, or is only due."""
    if any(needs_attention(now).values()):
        yield _("Money needs attention: see Payments.")
    else:
        yield _("A charge, a refund or a message of the payment provider is due.")


def takes_payments() -> bool:
    """Return True if payments are on, through a provider or by transfers that staff record."""
    return bool(settings.PAYMENT_PROVIDER)


WORK = (DueWork("sweep", ("payments.jobs.process_payments",), next_payment, takes_payments, reasons=money_due),)
