"""Commits at random instants, and the time until AWS has accepted what they left in the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.program import run_program
from benchmarks.section import Aim, Section, Table

RUN = "benchmarks.wake_up.run"
COMMITS = 200
SECONDS = 60

TEXT = f"""\
{COMMITS} subscriptions at random instants of {SECONDS} s, on PostgreSQL and the local AWS; Zappa's handler in one
process, started by Lambda's poller at the wake-up queue, or by the tick of each minute alone. From the commit of a
notification to AWS's acceptance, by the database's clock."""


@dataclass(frozen=True)
class Way:
    """How the delivery learns that something waits."""

    name: str
    options: tuple[str, ...]
    p95_seconds: float
    because: str


WAYS = (
    Way("woken by the queue", (), 5, "Poller, handler and local AWS share the machine's cores."),
    Way("the minute's tick", ("--schedule",), 75, "Up to 60 s pass until the tick, the rest is the delivery itself."),
)


def measure() -> Section:
    """Both ways, one after the other."""
    waits = {way: _run(way) for way in WAYS}
    return Section(
        title="From the commit to AWS",
        text=TEXT,
        tables=[_table(waits)],
        aims=[
            Aim(f"p95, {way.name}", waited["p95_s"], way.p95_seconds, at_least=False, because=way.because, unit="s")
            for way, waited in waits.items()
        ],
        figures={f"{way.name}: p95 s": waited["p95_s"] for way, waited in waits.items()},
        raw={way.name: waited for way, waited in waits.items()},
    )


def _run(way: Way) -> Mapping[str, float]:
    print(f"{way.name} ...", flush=True)
    waited: Mapping[str, float] = run_program(RUN, "--commits", str(COMMITS), "--seconds", str(SECONDS), *way.options)
    return waited


def _table(waits: Mapping[Way, Mapping[str, float]]) -> Table:
    columns = ["", "p50 s", "p95 s", "longest s", "deliveries"]
    keys = ("median_s", "p95_s", "longest_s", "invocations")
    rows = [[way.name, *(f"{waited[key]:g}" for key in keys)] for way, waited in waits.items()]
    return Table(f"{2 * COMMITS} notifications", columns, rows)
