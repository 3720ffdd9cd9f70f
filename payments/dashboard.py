"""Dashboard card of payments."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation import money
from foundation.dashboard.cards import Alert, Card, CardSource, Link, Period, Tile
from foundation.dashboard.charts import Chart, Series, day_labels
from payments import statistics
from payments.models import Payment
from payments.statistics import DayOfRevenue, Standing

CURRENCIES_DRAWN = 5
"""As many colours as the dashboard has."""


def payments_card(period: Period) -> Card:
    """Return revenue, failures, and what waits for somebody."""
    if not settings.PAYMENT_PROVIDER and not Payment.objects.exists():
        return Card(_("Payments, last 30 days"), empty=_("Payments are off: PAYMENT_PROVIDER is empty."))
    revenue = statistics.revenue_by_day(period.since)
    waiting = statistics.standing(period.now)
    return Card(
        _("Payments, last 30 days"),
        alerts=list(_alerts(waiting)),
        tiles=[*_recurring_tiles(period.now), *_standing_tiles(waiting, statistics.recovered(period.since))],
        charts=[_revenue_chart(revenue, period), _failures_chart(period)],
    )


CARDS = (CardSource(payments_card),)


def _alerts(waiting: Standing) -> Iterator[Alert]:
    if waiting.surplus:
        text = ngettext(
            "%(number)s payment arrived that no order waits for. Refund it, or give days and settle it.",
            "%(number)s payments arrived that no order waits for. Refund them, or give days and settle them.",
            waiting.surplus,
        )
        url = reverse("admin:payments_payment_changelist") + "?waiting=1"
        link = Link(url, _("Payments"), "payments.view_payment")
        yield Alert(text % {"number": waiting.surplus}, link=link)


def _recurring_tiles(now: datetime) -> Iterator[Tile]:
    for currency, amount in statistics.monthly_recurring_revenue(now).items():
        yield Tile(_("Recurring per month"), f"{money.formatted(amount, currency)} {currency}")


def _standing_tiles(waiting: Standing, recovered: int) -> list[Tile]:
    return [
        Tile(_("Late subscriptions"), number_format(waiting.late, force_grouping=True)),
        Tile(_("Recovered, last 30 days"), number_format(recovered, force_grouping=True), _("paid after a failed try")),
        Tile(_("Outcome unknown"), number_format(waiting.unknown, force_grouping=True), _("asked again by itself")),
    ]


def _revenue_chart(revenue: list[DayOfRevenue], period: Period) -> Chart:
    amounts = {(row.day, row.currency): row.amount for row in revenue}
    currencies = sorted({row.currency for row in revenue})[:CURRENCIES_DRAWN]
    return Chart(
        "revenue",
        _("Revenue per day (UTC)"),
        day_labels(period.days),
        [
            Series(currency, [float(amounts.get((day, currency), 0)) for day in period.days], f"--series-{index}")
            for index, currency in enumerate(currencies, start=1)
        ],
        _("No money moved in this time range."),
    )


def _failures_chart(period: Period) -> Chart:
    failed = statistics.failed_by_day(period.since)
    return Chart(
        "payments-failed",
        _("Failed tries per day (UTC)"),
        day_labels(period.days),
        [Series(_("failed"), [failed.get(day, 0) for day in period.days], "--series-bad")],
        _("No try failed in this time range."),
    )
