"""Renewals through the deployed Stripe adapter and the official SDK, against the local provider."""

from datetime import timedelta

from benchmarks.measurement import Measurement
from benchmarks.program import measure_program, run_program
from benchmarks.section import Aim, Section, Table, shown
from infra.errors import BenchmarkFailed
from infra.local_provider.provider import LocalProvider
from infra.postgresql import PostgreSQL

FILLER, RUN = "benchmarks.charging.fill", "benchmarks.charging.run"
RENEWALS = 1_000
CALLS_EACH = 2
CALL = timedelta(milliseconds=300)
SECONDS = 120
CLAIM = 64
"""Renewals whose queries are counted: one claim of the charger."""

TEXT = f"""\
{RENEWALS:,} due renewals, each charged to a card of its own by one charger in one run: the deployed adapter, the
official SDK, and the local provider in another process, which answers each call after {CALL.microseconds // 1000} ms;
PostgreSQL. A renewal takes {CALLS_EACH} calls, prepare and confirm, in threads; the charger makes 25 calls per second
at most, which alone takes {RENEWALS * CALLS_EACH // 25} s. Afterwards the provider's ledger has one success per order.
The queries are all statements of a run over one claim of {CLAIM} renewals, BEGIN, COMMIT and savepoints among them."""


def measure() -> Section:
    """Measure one run over all renewals, and count the queries of one claim."""
    taken, queries = _charge(RENEWALS, CALL), counts()
    aim = Aim(
        f"{RENEWALS:,} renewals", taken.wall, SECONDS, at_least=False, unit="s",
        because="The calls take most of it; between prepare and confirm of a claim the charger waits for the answers.",
    )  # fmt: skip
    figures = {"seconds": taken.wall, "CPU": taken.cpu / taken.units, "backend CPU": taken.backend_cpu / taken.units}
    return Section("Charging", TEXT, [_table(taken, sum(queries.values()))], aims=[aim], figures=figures)


def counts() -> dict[str, int]:
    """Count all statements of a run over one claim."""
    return {f"statements of {CLAIM} renewals": int(_charge(CLAIM, timedelta(), "--count").queries)}


def _charge(number: int, call: timedelta, *options: str) -> Measurement:
    """Charge so many renewals in a database of their own. Raises BenchmarkFailed unless each was paid once."""
    with PostgreSQL() as server, LocalProvider() as provider:
        run_program(FILLER, str(number), provider.url, DATABASE_URL=server.url)
        provider.dispatcher.behaviour.latency = call
        taken = measure_program(RUN, provider.url, *options, DATABASE_URL=server.url)
        with provider.ledger.transaction() as books:
            paid = [movement.metadata["order"] for movement in books.movements() if movement.kind == "success"]
    if not number == taken.units == len(paid) == len(set(paid)):
        raise BenchmarkFailed(f"of {number} renewals {taken.units} were paid, by {len(paid)} charges")
    return taken


def _table(taken: Measurement, statements: int) -> Table:
    columns = ["", "seconds", "calls per second", "CPU ms each", "of which PostgreSQL", "statements each"]
    row = [
        f"{RENEWALS:,} renewals",
        shown(taken.wall),
        shown(CALLS_EACH * taken.rate),
        shown(taken.cpu_each / 1000),
        shown(taken.backend_cpu / taken.units * 1000),
        shown(statements / CLAIM),
    ]
    return Table("One charger", columns, [row])
