"""Programs that start together."""

import pytest

from benchmarks.starters import Starters
from benchmarks.sweep.contenders import PROJECT, RUNNER
from benchmarks.sweep.ground import SQLITE, grounds
from infra.errors import BenchmarkFailed

DUE = 40


def test_they_share_the_work_and_each_tells_its_part() -> None:
    command = [RUNNER, PROJECT, "--wait"]
    with (
        grounds(SQLITE) as ground,
        ground(DUE) as fresh,
        fresh() as url,
        Starters([command, command], DATABASE_URL=url) as starters,
    ):
        parts = starters.go()
    assert sum(part["units"] for part in parts) == DUE


def test_failure_of_one_is_told() -> None:
    with (
        Starters([["benchmarks.sweep.run", "nobody"]]) as starters,
        pytest.raises(BenchmarkFailed, match="nobody"),
    ):
        starters.go()


def test_failure_of_one_that_ended_before_the_start_is_told() -> None:
    with Starters([["benchmarks.sweep.run", "nobody"]]) as starters:
        for process in starters._processes:
            process.wait()
        with pytest.raises(BenchmarkFailed, match="nobody"):
            starters.go()
