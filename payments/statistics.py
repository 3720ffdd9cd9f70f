"""Statistics of payments for operators, counted by the database.

Each query reads an index from some instant on, or rows that are few; the recurring revenue alone reads all agreements
to renew, from the index of those.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.db.models import Count, Exists, IntegerField, OuterRef, Sum
from django.db.models.functions import Coalesce, TruncDate

from foundation import money
from payments.models import Order, OrderState, Payment, PaymentEvent, Renewal
from subscriptions.models import Subscription

DAYS_PER_MONTH = Decimal("365.25") / 12


@dataclass(frozen=True)
class DayOfRevenue:
    """Money that moved on one day (UTC) in one currency: payments less what went back."""

    day: date
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Standing:
    """Numbers of what waits for somebody: late subscriptions, and orders and payments that nobody can judge yet."""

    late: int
    unknown: int
    surplus: int


def revenue_by_day(since: datetime) -> list[DayOfRevenue]:
    """Return the revenue per day and currency, oldest first."""
    moved = Payment.objects.filter(recorded_at__gte=since)
    days = moved.annotate(day=TruncDate("recorded_at", tzinfo=UTC)).order_by("day", "currency")
    return [DayOfRevenue(*row) for row in days.values_list("day", "currency").annotate(total=Sum("amount"))]


def failed_by_day(since: datetime) -> dict[date, int]:
    """Return the number of failed tries per day."""
    failed = PaymentEvent.objects.filter(occurred_at__gte=since, kind=PaymentEvent.Kind.FAILED)
    days = failed.annotate(day=TruncDate("occurred_at", tzinfo=UTC)).order_by()
    return dict(days.values_list("day").annotate(number=Count("pk")))


def recovered(since: datetime) -> int:
    """Return the number of orders that were paid after a failed try."""
    paid = PaymentEvent.objects.filter(occurred_at__gte=since, kind=PaymentEvent.Kind.SUCCEEDED)
    failed = PaymentEvent.objects.filter(order=OuterRef("order"), kind=PaymentEvent.Kind.FAILED, pk__lt=OuterRef("pk"))
    return paid.filter(Exists(failed)).values("order").distinct().count()


def standing(now: datetime) -> Standing:
    """Return what waits for somebody at `now`."""
    return Standing(
        late=Subscription.objects.late(now).count(),
        unknown=Order.objects.unfinished().filter(state=OrderState.UNKNOWN).count(),
        surplus=Payment.objects.kept_surplus().count(),
    )


def monthly_recurring_revenue(now: datetime) -> dict[str, Decimal]:
    """Return what the agreements to renew bring per month and currency, in whole minor units.

    A plan by days counts as so many months of 30.4375 days.
    """
    going_on = Subscription.objects.live(now).filter(status=Subscription.Status.ACTIVE)
    agreed = Renewal.objects.charged().filter(subscription__in=going_on).order_by()
    lengths = (
        Coalesce(name, f"subscription__plan__{name}", output_field=IntegerField())
        for name in ("duration_months", "duration_days")
    )
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for currency, months, days, amount in agreed.values_list("currency", *lengths).annotate(Sum("amount")):
        totals[currency] += amount / (Decimal(months) if months else days / DAYS_PER_MONTH)
    return {currency: money.rounded(total, currency, ROUND_HALF_EVEN) for currency, total in sorted(totals.items())}
