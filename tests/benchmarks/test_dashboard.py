"""Benchmark of the operator pages."""

from benchmarks.dashboard.benchmark import DASHBOARD, RUN
from benchmarks.dashboard.run import LISTS
from benchmarks.program import run_program
from infra.postgresql import PostgreSQL


def test_each_page_is_asked_for_and_its_queries_are_counted() -> None:
    with PostgreSQL() as server:
        pages: dict[str, tuple[float, int]] = run_program(RUN, "100", DATABASE_URL=server.url)
    assert {DASHBOARD, "readiness", "why a user has access", *LISTS} <= pages.keys()
    assert all(milliseconds > 0 and queries > 0 for milliseconds, queries in pages.values())
