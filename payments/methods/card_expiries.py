"""Notice of cards that expire before the next renewal is charged: once per method and period."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from payments.batches import BATCH, in_batches
from payments.bulk_mails import send_to_each
from payments.models import Renewal
from subscriptions.models import RENEWAL_AHEAD, Subscription

CARD_EXPIRES = "card_expires"

AHEAD = timedelta(days=30)
"""Time before the renewal from which on the subscriber is told."""

COSTS_NOTHING = Q(subscription__next_plan__isnull=False) & (
    Q(next_amount=0) | Q(next_amount=None, subscription__next_plan__price=0)
)
"""Condition that nothing is charged for the next period, as `Renewal.charge` says of one."""


def expiring(now: datetime) -> QuerySet[Renewal]:
    """Return the renewals that will be charged within AHEAD to a card that has expired by then."""
    charged_on = TruncDate(F("subscription__end_date") - RENEWAL_AHEAD, tzinfo=UTC)
    renewals = Renewal.objects.charged().filter(
        method__expires__lt=charged_on,
        subscription__status=Subscription.Status.ACTIVE,
        subscription__expired_at=None,
        subscription__end_date__gt=now,
        subscription__end_date__lte=now + AHEAD,
    )
    shown = ("method", "subscription__plan", "subscription__next_plan", "subscription__user")
    return renewals.exclude(COSTS_NOTHING).select_related(*shown).order_by("pk")


def tell_of_expiries(now: datetime, time_left: Callable[[], timedelta], batch: int = BATCH) -> int:
    """Tell each subscriber whose card expires before its next charge; return the number of mails."""
    return in_batches(lambda: _tell_batch(now, batch), time_left)


def _tell_batch(now: datetime, batch: int) -> int | None:
    with transaction.atomic():
        untold = expiring(now).filter(Q(expiry_told_for=None) | ~Q(expiry_told_for=F("subscription__end_date")))
        found = list(untold.select_for_update(of=("self",), skip_locked=True)[:batch])
        if not found:
            return None
        end = Subscription.objects.filter(pk=OuterRef("subscription_id")).values("end_date")
        Renewal.objects.filter(pk__in=[each.pk for each in found]).update(expiry_told_for=Subquery(end))
        return send_to_each(CARD_EXPIRES, [each.subscription.user for each in found])
