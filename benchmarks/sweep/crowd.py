"""Concurrent sweepers on PostgreSQL, and many of them while users with many subscriptions renew."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import psycopg

from benchmarks.measurement import Measurement
from benchmarks.program import run_program
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Table, shown
from benchmarks.starters import Starters
from benchmarks.sweep.contenders import PROJECT, RUNNER
from benchmarks.sweep.ground import Fresh, postgresql_ground
from infra.errors import BenchmarkFailed
from infra.postgresql import PostgreSQL

DUE, ROUNDS = 100_000, 5
SWEEPERS = (1, 2, 4, 8)

MANY_EACH = 8
"""Due subscriptions per user, and so the number of batches that may contend for a user."""
RENEWERS, RENEWALS = 4, 500
RENEWER, STATE = "benchmarks.sweep.renew", "benchmarks.sweep.state"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Crowd:
    """Measurements of concurrent sweepers."""

    rounds: Rounds

    def times_one(self, sweepers: int) -> float:
        """Return the rate as a multiple of a single sweeper's."""
        return self.rounds.ratio(str(sweepers), "1", lambda taken: taken.rate)

    def cpu_each(self, sweepers: int) -> float:
        """Return CPU microseconds per row."""
        return self.rounds.median(str(sweepers)).cpu_each

    def table(self) -> Table:
        """Return the table by number of sweepers."""
        columns = ["concurrent sweepers", "rows/s", "times one", "CPU us/row"]
        return Table("PostgreSQL: concurrent sweepers, medians", columns, list(self._rows()))

    def _rows(self) -> Iterator[list[str]]:
        for number in SWEEPERS:
            median = self.rounds.median(str(number))
            yield [str(number), f"{median.rate:,.0f}", shown(self.times_one(number)), shown(self.cpu_each(number))]


def measure_crowd(server: PostgreSQL) -> Crowd:
    """Measure each number of sweepers on the same backlog.

    Raises BenchmarkFailed if a row is expired twice or not at all.
    """
    with postgresql_ground(server, DUE) as fresh:
        return Crowd(run_in_turn({str(number): partial(_sweep, fresh, number) for number in SWEEPERS}, ROUNDS))


def stress(server: PostgreSQL) -> dict[str, int]:
    """Run eight sweepers and four renewers on users with eight due subscriptions each, and return the result.

    Raises BenchmarkFailed for a deadlock, a row expired twice or not at all, a lost renewal, or wrong access.
    """
    with postgresql_ground(server, DUE // 5, MANY_EACH) as fresh, fresh() as url:
        sweepers = [[RUNNER, PROJECT, "--wait"]] * SWEEPERS[-1]
        renewers = [[RENEWER, str(1 + 2 * number), str(2 * RENEWERS * 7), str(RENEWALS)] for number in range(RENEWERS)]
        with Starters(sweepers + renewers, DATABASE_URL=url) as starters:
            starters.go()
        run_program(RUNNER, PROJECT, DATABASE_URL=url)  # the next tick, for rows locked by a renewal
        state: dict[str, int] = run_program(STATE, DATABASE_URL=url)
        state["deadlocks"] = _deadlocks(url)
    _check(state, due=DUE // 5)
    return state


def _sweep(fresh: Fresh, number: int) -> Measurement:
    with fresh() as url, Starters([[RUNNER, PROJECT, "--wait"]] * number, DATABASE_URL=url) as starters:
        began = time.perf_counter()
        parts = [Measurement(**part) for part in starters.go()]
        wall = time.perf_counter() - began
        state = run_program(STATE, DATABASE_URL=url)
        _check(state | {"deadlocks": _deadlocks(url)}, due=DUE)
    return Measurement(
        units=sum(part.units for part in parts),
        wall=wall,
        cpu=sum(part.cpu for part in parts),
        backend_cpu=sum(part.backend_cpu for part in parts),
    )


def _deadlocks(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(DEADLOCKS).fetchone()
    return int(row[0]) if row else 0


def _check(state: dict[str, int], due: int) -> None:
    """Check that each due row is expired once or renewed, notified once per channel, and access is correct."""
    told = state["expiries"] + state["renewals"]
    wrong = [
        state["expired"] != due - state["renewals"],
        state["expiries"] != state["subscriptions_expired_in_events"],
        not due <= told <= due + state["renewals"],
        state["notifications"] != 2 * told,
        any(state[name] for name in ("due", "stale", "missing", "deadlocks")),
    ]
    if any(wrong):
        raise BenchmarkFailed(f"concurrent sweepers left {state} of {due} due")
