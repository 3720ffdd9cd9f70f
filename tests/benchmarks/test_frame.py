"""Shared parts of all benchmarks: rounds, targets, bounds and the document. No test asserts a time."""

import json
from pathlib import Path

import pytest

from benchmarks.bounds import complaints
from benchmarks.document import keep
from benchmarks.measurement import MEBIBYTE, Measurement
from benchmarks.meter import Meter
from benchmarks.rounds import run_in_turn
from benchmarks.section import Aim, Chart, Section, Table

MACHINE = {"processor": "2 x Abacus", "date": "2026-11-23"}


def seconds(wall: float) -> Measurement:
    return Measurement(units=10, wall=wall, cpu=wall / 2)


def test_contenders_take_turns() -> None:
    order: list[str] = []

    def run(name: str) -> Measurement:
        order.append(name)
        return seconds(1)

    run_in_turn({"a": lambda: run("a"), "b": lambda: run("b")}, rounds=3)
    assert order == ["a", "b"] * 3


def test_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    slow, fast = iter([10.0, 40.0, 90.0]), iter([1.0, 2.0, 3.0])
    rounds = run_in_turn({"slow": lambda: seconds(next(slow)), "fast": lambda: seconds(next(fast))}, rounds=3)
    assert rounds.ratio("slow", "fast", lambda taken: taken.wall) == 20
    assert rounds.median("slow").wall == 40


def test_measurement_is_told_for_one_unit() -> None:
    measurement = Measurement(units=1_000, wall=2, cpu=0.03, backend_cpu=0.01, queries=8)
    assert (measurement.rate, measurement.queries_per_thousand) == (500, 8)
    assert measurement.cpu_each == pytest.approx(40)


def test_meter_sees_what_the_block_held_and_not_what_was_held_before() -> None:
    bytearray(200 * MEBIBYTE)
    with Meter() as meter:
        held = bytearray(50 * MEBIBYTE)
        del held
    assert 40 * MEBIBYTE < meter.measurement(1).peak_memory < 100 * MEBIBYTE


def test_missed_aim_says_by_how_much_and_why() -> None:
    aim = Aim("rows per second", measured=60, bound=80, at_least=True, because="The disk is slow.", unit="x")
    assert aim.sentence() == "**Missed by 25%**: rows per second: 60 x (at least 80 x). The disk is slow."
    assert not aim.is_met


def test_met_aim_gives_no_excuse() -> None:
    aim = Aim("times the limit", measured=1.5, bound=1.6, at_least=False, because="The disk is slow.")
    assert aim.sentence() == "Met: times the limit: 1.5 (at most 1.6)."


def test_count_above_its_bound_is_a_complaint() -> None:
    assert list(complaints({"sweep": {"queries": 8}}, {"sweep": {"queries": 8}})) == []
    (complaint,) = complaints({"sweep": {"queries": 9}}, {"sweep": {"queries": 8}})
    assert complaint == "sweep: queries: 9, but only 8 allowed"


def test_count_without_bound_and_bound_without_count_are_complaints() -> None:
    unbound, uncounted = complaints({"sweep": {"a": 1}}, {"sweep": {"b": 1}, "not run": {"c": 1}})
    assert "a has no bound" in unbound
    assert "b has a bound" in uncounted


def section(value: str) -> Section:
    bars = Chart(
        "rates", "Rows a second", ["1,000", "10,000"], {"project": [7, None], "limit": [9, 10]}, logarithmic=True
    )
    return Section(
        title="The sweep",
        text="How it was done.",
        tables=[Table("Rates", ["rows", "rate"], [["1,000", value]])],
        charts=[bars],
        aims=[Aim("rate", measured=1, bound=1, at_least=True)],
        figures={"rate": 7.0},
        raw=[1, 2, 3],
    )


def test_section_is_kept_in_its_place_with_charts_and_figures(tmp_path: Path) -> None:
    document = tmp_path / "docs" / "performance.md"
    document.parent.mkdir()
    document.write_text("# Performance\n\nBy hand.\n")
    keep("sweep", section("7"), MACHINE, root=tmp_path)
    keep("other", section("8"), MACHINE, root=tmp_path)
    keep("sweep", section("9"), MACHINE, root=tmp_path)
    text = document.read_text()
    assert text.startswith("# Performance\n\nBy hand.\n")
    assert "| 1,000 | 7 |" not in text
    assert text.index("| 1,000 | 9 |") < text.index("| 1,000 | 8 |")
    assert "processor 2 x Abacus" in text
    assert "![Rows a second](performance/sweep-rates.svg)" in text
    chart = (document.parent / "performance" / "sweep-rates.svg").read_text()
    assert "project" in chart
    assert "<script" not in chart
    figures = json.loads((document.parent / "performance" / "figures.json").read_text())
    assert figures["sweep"] == {"machine": MACHINE, "figures": {"rate": 7.0}}
    assert json.loads((tmp_path / "build" / "benchmarks" / "sweep.json").read_text())["raw"] == [1, 2, 3]
