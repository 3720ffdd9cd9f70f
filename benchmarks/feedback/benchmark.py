"""Feedback in batches of ten, as Lambda's poller delivers it."""

from benchmarks.delivery.contenders import FILLER
from benchmarks.measurement import Measurement
from benchmarks.program import measure_program, run_program
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Section, Table, shown
from infra.errors import BenchmarkFailed
from infra.postgresql import PostgreSQL

RUN = "benchmarks.feedback.run"
ROUNDS = 5
MAILS = 2_000
EVENTS_A_MAIL, BATCH = 2, 10
WAY = "ten at once"

TEXT = f"""\
A `Send` and a `Delivery` event for each of {MAILS:,} sent mails, in batches of {BATCH} as Lambda reads them from
the queue: parse, record the raw event, and update the state of the mail. Medians of {ROUNDS} rounds."""


def measure() -> Section:
    """Measure the time per event."""
    with PostgreSQL() as server:
        run_program(FILLER, str(MAILS), "0", DATABASE_URL=server.url)
        rounds = run_in_turn({WAY: lambda: _run(server.url, MAILS)}, ROUNDS)
        queries = _queries(server.url)
    return Section("Feedback", TEXT, [_table(rounds, queries)], figures=_figures(rounds.median(WAY), queries))


def counts() -> dict[str, int]:
    """Count the queries per batch."""
    with PostgreSQL() as server:
        run_program(FILLER, str(BATCH), "0", DATABASE_URL=server.url)
        return {f"queries of {BATCH} events": _queries(server.url)}


def _queries(database_url: str) -> int:
    mails = BATCH // EVENTS_A_MAIL
    return int(_run(database_url, mails, "--count").queries)


def _run(database_url: str, mails: int, *options: str) -> Measurement:
    measurement = measure_program(RUN, str(mails), *options, DATABASE_URL=database_url)
    if measurement.units != mails * EVENTS_A_MAIL:
        raise BenchmarkFailed(f"{measurement.units} of {mails * EVENTS_A_MAIL} SES events were recorded")
    return measurement


def _table(rounds: Rounds, queries: int) -> Table:
    median = rounds.median(WAY)
    backend = shown(median.backend_cpu / median.units * 1e6)
    columns = ["", "events per second", "CPU us per event", "of which PostgreSQL", "queries per batch"]
    row = [WAY, shown(median.rate), shown(median.cpu_each), backend, str(queries)]
    return Table(f"{MAILS * EVENTS_A_MAIL:,} SES events", columns, [row])


def _figures(median: Measurement, queries: int) -> dict[str, float]:
    """Return the seconds per event and the queries per batch."""
    return {
        "CPU": median.cpu / median.units,
        "backend CPU": median.backend_cpu / median.units,
        "queries": queries,
    }
