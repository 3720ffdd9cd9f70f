"""Charging benchmark."""

from datetime import timedelta

import pytest

from benchmarks.charging import benchmark
from benchmarks.measurement import Measurement
from infra.errors import BenchmarkFailed


def test_each_renewal_is_paid_once_and_its_calls_take_as_long_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "RENEWALS", 3)
    monkeypatch.setattr(benchmark, "CLAIM", 2)
    section = benchmark.measure()
    assert section.figures["seconds"] >= benchmark.CALLS_EACH * benchmark.CALL.total_seconds()
    assert section.figures["CPU"] > 0 < section.figures["backend CPU"]
    assert section.aims[0].is_met


def test_run_that_leaves_a_renewal_unpaid_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "run_program", lambda *arguments, **places: None)
    monkeypatch.setattr(benchmark, "measure_program", lambda *arguments, **places: Measurement(0, 1, 1))
    with pytest.raises(BenchmarkFailed, match="of 1 renewals 0 were paid"):
        benchmark._charge(1, timedelta())
