"""Hours awake: the formula agrees with a simulated year, and an idle month stays cheap."""

import pytest

from benchmarks.costs.prices import LAMBDA_SECOND
from benchmarks.costs.sleep import awake_hours, scheduled_hours, simulated_hours
from benchmarks.costs.workload import HOURS, MEMORY_GIGABYTES, Workload

IDLE_MONTH = 1.50
"""Dollars without payments: what an idle month with the gate must stay below."""
IDLE_MONTH_WITH_PAYMENTS = 1.65
"""The same with payments, which add an alarm and a question of the gate per minute."""


def total(month: Workload) -> float:
    return sum(price.of(quantity) for price, quantity in month.quantities().items())


@pytest.mark.parametrize("wakes", [0, 200, 1_740, 17_400, 174_000])
def test_formula_agrees_with_a_simulated_year(wakes: float) -> None:
    for visits, work in ((wakes, 0), (0, wakes), (wakes / 2, wakes / 2)):
        assert awake_hours(visits, work) == pytest.approx(simulated_hours(visits, work), rel=0.1)


def test_more_wakes_mean_more_hours_up_to_all() -> None:
    hours = [awake_hours(wakes, wakes) for wakes in (0, 10, 1_000, 100_000, 10_000_000)]
    assert hours == sorted(hours)
    assert hours[-1] == pytest.approx(HOURS)


def test_schedule_and_visits_keep_the_database_awake_together() -> None:
    assert scheduled_hours(0, 0.25) == pytest.approx(HOURS / 4)
    assert scheduled_hours(1_000, 0) == pytest.approx(awake_hours(1_000, nights=0))
    assert scheduled_hours(1_000, 0.5) == pytest.approx((HOURS + awake_hours(1_000, nights=0)) / 2)
    assert scheduled_hours(1_000, 1) == HOURS


def seconds_of_the_gate(subscribers: int) -> float:
    """Return the seconds of the function that the gate adds."""
    gated, ungated = (Workload(subscribers, gate=gate).quantities()[LAMBDA_SECOND] for gate in (True, False))
    return (gated - ungated) / MEMORY_GIGABYTES


def test_gate_has_the_function_wait_half_a_minute_where_an_end_falls() -> None:
    assert seconds_of_the_gate(0) == 0
    assert seconds_of_the_gate(40) == pytest.approx(10 * 30, rel=0.001), "a quarter of them end by themselves"
    assert seconds_of_the_gate(10**9) == pytest.approx(HOURS * 3600 / 2)


def test_idle_month_with_the_gate_stays_below_its_bound() -> None:
    assert total(Workload(gate=True, takes_payments=False)) < IDLE_MONTH
    assert total(Workload(gate=True)) < IDLE_MONTH_WITH_PAYMENTS
