"""Contenders with network latency in front of PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from benchmarks.delaying_proxy import DelayingProxy
from benchmarks.measurement import MICROSECOND
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Table, shown
from benchmarks.sweep.contenders import PROJECT, ROW_BY_ROW, contenders
from benchmarks.sweep.ground import postgresql_ground
from infra.postgresql import PostgreSQL

DUE, ROUNDS, SAMPLE = 100_000, 5, 200
SECONDS = 0.001
QUESTIONS = 200


@dataclass(frozen=True)
class Latency:
    """Measurements through the proxy."""

    rounds: Rounds
    round_trip: float
    """Round-trip time in seconds added by the proxy, as measured."""

    def times_row_by_row(self) -> float:
        """Return the project's rate as a multiple of row by row."""
        return self.rounds.ratio(PROJECT, ROW_BY_ROW, lambda taken: taken.rate)

    def table(self) -> Table:
        """Return the table of medians."""
        title = f"PostgreSQL: {DUE:,} due, each round trip {self.round_trip * 1000:.2f} ms longer"
        rows = []
        for name in (ROW_BY_ROW, PROJECT):
            median = self.rounds.median(name)
            rows.append([name, f"{median.rate:,.0f}", shown(median.wall / median.units / MICROSECOND)])
        return Table(title, ["contender", "rows/s", "us/row"], rows)


def measure_latency(server: PostgreSQL) -> Latency:
    """Measure row by row and the project behind a proxy with one millisecond."""
    with postgresql_ground(server, DUE) as fresh:

        @contextmanager
        def far() -> Iterator[str]:
            with fresh() as url, DelayingProxy(url, SECONDS) as proxy:
                yield proxy.url

        runs = contenders(far, DUE, SAMPLE)
        rounds = run_in_turn({name: runs[name] for name in (ROW_BY_ROW, PROJECT)}, ROUNDS)
    with DelayingProxy(server.url, SECONDS) as proxy:
        return Latency(rounds, _seconds_of_a_question(proxy.url) - _seconds_of_a_question(server.url))


def _seconds_of_a_question(url: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        began = time.perf_counter()
        for _ in range(QUESTIONS):
            connection.execute("SELECT 1")
        return (time.perf_counter() - began) / QUESTIONS
