"""Charts of sweeps and subscriptions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from foundation.dashboard.charts import Chart, Series, day_labels
from subscriptions.models import Transition
from subscriptions.statistics import DayOfTransitions, HourOfSweeps

PLANS_DRAWN = 5
"""Number of the most active plans with a colour of their own; the others share one."""


def sweep_charts(hours: Sequence[HourOfSweeps], since: datetime, number: int) -> list[Chart]:
    """Return charts of expired subscriptions and lateness for `number` hours from `since`."""
    by_hour = {row.hour: row for row in hours}
    rows = [by_hour.get(since + timedelta(hours=index)) for index in range(number)]
    labels = [date_format(since + timedelta(hours=index), "j M H:i") for index in range(number)]
    expired = [row.expired if row else 0 for row in rows]
    failed = [row.failed if row else 0 for row in rows]
    late = [round(row.oldest_late / timedelta(minutes=1), 1) if row else 0 for row in rows]
    return [
        Chart(
            "sweeps-expired",
            _("Expired per hour"),
            labels,
            [Series(_("expired"), expired, "--series-1"), Series(_("failed"), failed, "--series-bad")],
            _("No subscriptions expired in this time range."),
        ),
        Chart(
            "sweeps-late",
            _("Maximum lateness in minutes"),
            labels,
            [Series(_("minutes late"), late, "--series-2")],
            _("No subscription expired late in this time range."),
            scale="logarithmic",  # a backlog of days must not hide the minutes of each hour
        ),
    ]


def live_chart(days: Sequence[date], live: Sequence[int]) -> Chart:
    """Return the chart of live subscriptions at the end of each day."""
    return Chart(
        "live",
        _("Live subscriptions at the end of each day (UTC)"),
        day_labels(days),
        [Series(_("live"), live, "--series-1")],
        _("No live subscriptions in this time range."),
        kind="line",
        is_wide=True,
    )


def transition_charts(rows: Iterable[DayOfTransitions], days: Sequence[date], plans: dict[int, str]) -> list[Chart]:
    """Return one chart per transition: count per day, one colour per plan in all charts."""
    titles = {
        Transition.CREATED: _("New"),
        Transition.RENEWED: _("Renewed"),
        Transition.CANCELLED: _("Cancelled"),
        Transition.EXPIRED: _("Expired"),
    }
    rows = list(rows)
    drawn = _busiest(rows)
    return [
        Chart(
            f"transition-{transition}",
            title,
            day_labels(days),
            _by_plan([row for row in rows if row.transition == transition], days, plans, drawn),
            _("None in this time range."),
        )
        for transition, title in titles.items()
    ]


def _busiest(rows: Iterable[DayOfTransitions]) -> list[int]:
    numbers: dict[int, int] = {}
    for row in rows:
        numbers[row.plan_id] = numbers.get(row.plan_id, 0) + row.number
    return sorted(sorted(numbers, key=lambda plan: -numbers[plan])[:PLANS_DRAWN])


def _by_plan(
    rows: Iterable[DayOfTransitions], days: Sequence[date], plans: dict[int, str], drawn: Sequence[int]
) -> list[Series]:
    numbers: dict[int | None, dict[date, int]] = {plan: {} for plan in drawn}
    for row in rows:
        of_plan = numbers.setdefault(row.plan_id if row.plan_id in drawn else None, {})
        of_plan[row.day] = of_plan.get(row.day, 0) + row.number
    colours = [f"--series-{index}" for index in range(1, PLANS_DRAWN + 1)]
    labels = [plans[plan] for plan in drawn]
    series = [
        Series(label, [numbers[plan].get(day, 0) for day in days], colour)
        for plan, label, colour in zip(drawn, labels, colours, strict=False)
    ]
    if None in numbers:
        others = [numbers[None].get(day, 0) for day in days]
        series.append(Series(_("other plans"), others, "--series-other"))
    return series
