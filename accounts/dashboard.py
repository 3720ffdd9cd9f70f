"""Dashboard card of accounts."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.daily_counts import counts_by_day
from accounts.models import DailyCount
from foundation.dashboard.cards import Card, CardSource, Period
from foundation.dashboard.charts import Chart, Series, day_labels


def accounts_card(period: Period) -> Card:
    """Return the accounts opened and the addresses confirmed per day."""
    rows = counts_by_day(period.days)
    labels = day_labels(period.days)
    return Card(_("Accounts, last 30 days"), charts=[_opened_chart(rows, labels), _confirmed_chart(rows, labels)])


CARDS = (CardSource(accounts_card),)


def _opened_chart(rows: Sequence[DailyCount], labels: Sequence[str]) -> Chart:
    return Chart(
        "accounts-opened",
        _("Accounts opened per day (UTC)"),
        labels,
        [
            Series(_("by signing up"), [row.signed_up for row in rows], "--series-1"),
            Series(_("by staff"), [row.added_by_staff for row in rows], "--series-2"),
        ],
        _("No account was opened in this time range."),
    )


def _confirmed_chart(rows: Sequence[DailyCount], labels: Sequence[str]) -> Chart:
    return Chart(
        "addresses-confirmed",
        _("Addresses confirmed per day (UTC)"),
        labels,
        [
            Series(_("at sign-up"), [row.signed_up for row in rows], "--series-1"),
            Series(_("by a change"), [row.addresses_changed for row in rows], "--series-3"),
        ],
        _("No address was confirmed in this time range."),
    )
