"""Sweep benchmark: all contenders write the same rows, and a difference is detected."""

import sqlite3
from collections.abc import Iterator
from functools import partial

import pytest

from benchmarks.program import run_program
from benchmarks.sweep.contenders import (
    LIMIT,
    PROJECT,
    READER,
    ROW_BY_ROW,
    RUNNER,
    check_that_all_write_the_same,
    run,
)
from benchmarks.sweep.ground import POSTGRESQL, SQLITE, Fresh, grounds
from infra.errors import BenchmarkFailed

DUE = 60


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def fresh(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    """Yield a factory for databases with a few due subscriptions."""
    with grounds(request.param) as ground, ground(DUE) as lend:
        yield lend


def test_all_contenders_write_the_same(fresh: Fresh) -> None:
    check_that_all_write_the_same(fresh)


def test_written_rows_are_those_of_an_expiry(fresh: Fresh) -> None:
    with fresh() as url:
        before = run_program(READER, DATABASE_URL=url)
        run_program(RUNNER, PROJECT, DATABASE_URL=url)
        after = run_program(READER, DATABASE_URL=url)
    rows = {table: number - before[table][0] for table, (number, _) in after.items()}
    keep_access = DUE // 10
    assert rows == {"subscriptions": 0, "events": DUE, "notifications": 2 * DUE, "memberships": keep_access - DUE}
    assert before["subscriptions"] != after["subscriptions"]


def test_one_row_that_differs_is_noticed() -> None:
    with grounds(SQLITE) as ground, ground(DUE) as fresh, fresh() as url:
        written = run_program(READER, DATABASE_URL=url)
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute("UPDATE subscriptions_subscription SET status = 'cancelled' WHERE id = 3")
        database.close()
        assert run_program(READER, DATABASE_URL=url) != written


def test_contender_that_writes_otherwise_fails_the_benchmark(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_without_the_last_row(module: str, *arguments: str, **variables: str) -> object:
        shortened = [*arguments, "--limit", str(DUE - 1)] if ROW_BY_ROW in arguments else arguments
        return run_program(module, *shortened, **variables)

    monkeypatch.setattr("benchmarks.sweep.contenders.run_program", run_without_the_last_row)
    with pytest.raises(BenchmarkFailed, match="row by row wrote"):
        check_that_all_write_the_same(fresh)


def test_each_run_starts_from_the_same(fresh: Fresh) -> None:
    first, second = (run(fresh, LIMIT, DUE) for _ in range(2))
    assert first.units == second.units == DUE


def test_run_that_expires_too_few_fails(fresh: Fresh) -> None:
    with pytest.raises(BenchmarkFailed, match=f"project expired 7 of {DUE}"):
        run(fresh, PROJECT, DUE, "--limit", "7")


def test_queries_are_counted_only_where_it_is_asked_for(fresh: Fresh) -> None:
    measure = partial(run, fresh, PROJECT, DUE)
    assert measure("--count").queries > 5
    assert measure().queries == 0


def test_limit_refuses_a_part() -> None:
    with (
        grounds(SQLITE) as ground,
        ground(DUE) as fresh,
        pytest.raises(BenchmarkFailed, match="all due rows"),
    ):
        run(fresh, LIMIT, 7, "--limit", "7")
