"""The document on scale: made by its command, from the figures as they are."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.costs import workload
from benchmarks.scale import tables
from benchmarks.scale.capacity import Capacity
from benchmarks.scale.chart import draw_nights
from benchmarks.scale.limits import LIMITS
from benchmarks.scale.night import Load, simulate
from benchmarks.scale.scale import CHART, DOCUMENT, fill


def test_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert text == fill(text), "run python -m benchmarks.scale.scale"


def test_document_shows_the_chart_that_is_there() -> None:
    (shown,) = re.findall(r"!\[.*\]\((.*)\)", DOCUMENT.read_text())
    assert DOCUMENT.parent / shown == CHART
    assert CHART.read_text().count("millions waiting") == 2


def test_document_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="rates"):
        fill("# How far it goes")


def test_chart_of_equal_nights_is_equal(tmp_path: Path) -> None:
    night = simulate(Load(100_000), Capacity())
    for name in ("one.svg", "two.svg"):
        draw_nights({"a night": night}, tmp_path / name, hours=1)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_years_figures_are_the_months_twelve_times() -> None:
    assert pytest.approx(12 * workload.EVENTS) == tables.YEAR_EVENTS
    assert pytest.approx(12 * workload.REMINDERS) == tables.YEAR_REMINDERS


def test_feedback_is_kept_for_as_many_days() -> None:
    assert timedelta(days=workload.FEEDBACK_DAYS) == settings.FEEDBACK_KEPT


def test_every_limit_says_where_it_is_from() -> None:
    assert all(limit.source.startswith("http") and limit.value > 0 for limit in LIMITS)
    assert len({limit.of for limit in LIMITS}) == len(LIMITS)
