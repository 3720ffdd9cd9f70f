"""Charts of notifications."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from foundation.dashboard.charts import Chart, Series, day_labels
from notifications.channels import lookup
from notifications.models import State
from notifications.statistics import DayOfNotifications

COLOURS = {
    State.SENT: "--series-1",
    State.DELIVERED: "--series-4",
    State.OBSOLETE: "--series-3",
    State.SUPPRESSED: "--series-other",
    State.BOUNCED: "--series-2",
    State.COMPLAINED: "--series-5",
    State.UNKNOWN: "--series-warning",
    State.FAILED: "--series-bad",
}


def delivery_charts(rows: Iterable[DayOfNotifications], days: Sequence[date]) -> list[Chart]:
    """Return one chart per channel: notifications finished per day, one colour per state."""
    numbers = {(row.channel, row.state, row.day): row.number for row in rows}
    states = {(name, state) for name, state, _day in numbers}
    return [
        Chart(
            f"deliveries-{channel.name}",
            str(channel.title),
            day_labels(days),
            [
                Series(str(state.label), [numbers.get((channel.name, state, day), 0) for day in days], colour)
                for state, colour in COLOURS.items()
                if (channel.name, state) in states
            ],
            str(_("No notifications in this time range.")),
        )
        for channel in lookup.every()
    ]
