"""Feedback in batches of ten, as Lambda's poller brings it."""

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
A `Send` and a `Delivery` for each of {MAILS:,} mails that were sent, in batches of {BATCH} as Lambda takes them from
the queue: read, recorded with the raw event, and the mail moved to where it then stands. Medians of {ROUNDS}."""


def measure() -> Section:
    """Seconds of one event."""
    with PostgreSQL() as server:
        run_program(FILLER, str(MAILS), "0", DATABASE_URL=server.url)
        rounds = run_in_turn({WAY: lambda: _run(server.url, MAILS)}, ROUNDS)
        queries = _queries(server.url)
    return Section("Feedback", TEXT, [_table(rounds, queries)], figures=_figures(rounds.median(WAY), queries))


def counts() -> dict[str, int]:
    """Queries of one batch."""
    with PostgreSQL() as server:
        run_program(FILLER, str(BATCH), "0", DATABASE_URL=server.url)
        return {f"queries of {BATCH} events": _queries(server.url)}


def _queries(database_url: str) -> int:
    mails = BATCH // EVENTS_A_MAIL
    return int(_run(database_url, mails, "--count").queries)


def _run(database_url: str, mails: int, *options: str) -> Measurement:
    measurement = measure_program(RUN, str(mails), *options, DATABASE_URL=database_url)
    if measurement.units != mails * EVENTS_A_MAIL:
        raise BenchmarkFailed(f"{measurement.units} of {mails * EVENTS_A_MAIL} events of SES were recorded")
    return measurement


def _table(rounds: Rounds, queries: int) -> Table:
    median = rounds.median(WAY)
    backend = shown(median.backend_cpu / median.units * 1e6)
    columns = ["", "events a second", "CPU us each", "of it PostgreSQL's", "queries a batch"]
    row = [WAY, shown(median.rate), shown(median.cpu_each), backend, str(queries)]
    return Table(f"{MAILS * EVENTS_A_MAIL:,} events of SES", columns, [row])


def _figures(median: Measurement, queries: int) -> dict[str, float]:
    """Seconds of one event, and queries of a batch."""
    return {
        "CPU": median.cpu / median.units,
        "backend CPU": median.backend_cpu / median.units,
        "queries": queries,
    }
