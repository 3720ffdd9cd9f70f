"""Charts of sweeps and subscriptions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.operations.charts import Chart, Series, day_labels
from subscriptions.models import Transition
from subscriptions.statistics import DayOfTransitions, HourOfSweeps

PLANS_DRAWN = 5
"""The plans that moved most; the others share one colour."""


def sweep_charts(hours: Sequence[HourOfSweeps], since: datetime, number: int) -> list[Chart]:
    """What the sweeps expired, and how late, in each of `number` hours from `since` on."""
    by_hour = {row.hour: row for row in hours}
    rows = [by_hour.get(since + timedelta(hours=index)) for index in range(number)]
    labels = [date_format(since + timedelta(hours=index), "j M H:i") for index in range(number)]
    expired = [row.expired if row else 0 for row in rows]
    failed = [row.failed if row else 0 for row in rows]
    late = [round(row.oldest_late / timedelta(minutes=1), 1) if row else 0 for row in rows]
    return [
        Chart(
            "sweeps-expired",
            _("Expired, by the hour"),
            labels,
            [Series(_("expired"), expired, "--series-1"), Series(_("failed"), failed, "--series-bad")],
            _("No sweep has expired anything in this time."),
        ),
        Chart(
            "sweeps-late",
            _("How late the latest was, in minutes"),
            labels,
            [Series(_("minutes past its end"), late, "--series-2")],
            _("Nothing was late in this time."),
        ),
    ]


def live_chart(days: Sequence[date], live: Sequence[int]) -> Chart:
    """Live subscriptions at the end of each day."""
    return Chart(
        "live",
        _("Live subscriptions at the end of each day (UTC)"),
        day_labels(days),
        [Series(_("live"), live, "--series-1")],
        _("There has been no live subscription in this time."),
        kind="line",
    )


def transition_charts(rows: Iterable[DayOfTransitions], days: Sequence[date], plans: dict[int, str]) -> list[Chart]:
    """One chart a transition: how many each day, a colour for each plan, the same in all of them."""
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
            _("None in this time."),
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
