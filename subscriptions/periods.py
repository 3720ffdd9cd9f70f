"""The period that a subscriber has bought, on the terms of its sale, whatever has become of the plan."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery

from foundation import money
from subscriptions.models import Subscription, SubscriptionEvent

COLUMNS = {
    "period_price": "price",
    "period_currency": "currency",
    "period_sold": "occurred_at",
    "period_after": "old_end_date",
    "period_end": "new_end_date",
    "period_months": "duration_months",
}
"""Annotations, and the columns of the event that began the period."""


@dataclass(frozen=True)
class Period:
    """Price and length of one period, as they were when it was sold."""

    price: Decimal
    currency: str
    duration_days: int
    duration_months: int = 0

    @property
    def price_text(self) -> str:
        """The price in the reader's language, without the currency."""
        return money.formatted(self.price, self.currency)

    @property
    def is_free(self) -> bool:
        """True if it cost nothing."""
        return self.price == 0


def with_period(subscriptions: QuerySet[Subscription], now: datetime) -> QuerySet[Subscription]:
    """Annotate, for `period_of`, the period that is under way at `now`, or else the latest one.

    A renewal in advance begins a period in the future, which is not yet the one under way, and one that was taken back
    before it began never is.
    """
    begun = Q(old_end_date__isnull=True) | Q(old_end_date__lte=now)
    events = SubscriptionEvent.objects.filter(begun, subscription=OuterRef("pk")).periods().order_by("-pk")
    return subscriptions.annotate(**{name: Subquery(events.values(column)[:1]) for name, column in COLUMNS.items()})


def period_of(subscription: Subscription) -> Period | None:
    """Return the annotated period; None where no event tells of it, as of rows that were imported."""
    price, currency, sold, after, end, months = (getattr(subscription, name) for name in COLUMNS)
    if price is None:
        return None
    return Period(price, currency, (end - max(sold, after or sold)).days, months)
