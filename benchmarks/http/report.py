"""Section on requests."""

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmarks.http.contenders import BARE, CONTENDERS, PROJECT
from benchmarks.rounds import Rounds
from benchmarks.section import Chart, Section, Table

MILLISECOND = 1e-3
DRAWN = ("health", "plans, nobody signed in", "plans", "subscription", "API plans", "API subscriptions", "POST cancel")
"""Endpoints in the chart."""

TEXT = """\
CPU of a warm request in the process that answers it, without PostgreSQL's, through the function that Lambda
calls: from the REST API event (version 1) to the response, including the log line. Compared with the bare WSGI call,
whose environment was prepared, and with other adapters around the same Django application and settings. Each
contender answers every request {requests} times in a process of its own, in turn with the others, in {rounds} rounds.
Under mangum Django runs as an ASGI application, in threads: a connection to the database does not outlive its request
there. **Queries** are the project's, including BEGIN and COMMIT."""


@dataclass(frozen=True)
class Results:
    """Rounds of every contender by endpoint, and the project's queries."""

    endpoints: Mapping[str, Rounds]
    queries: Mapping[str, int]


def report(results: Results, *, requests: int) -> Section:
    """Return the section."""
    rounds = len(next(iter(results.endpoints.values())).taken[PROJECT])
    return Section(
        title="Requests",
        text=TEXT.format(requests=requests, rounds=rounds),
        tables=[_overhead_table(results.endpoints), _endpoints_table(results)],
        charts=[_chart(results.endpoints)],
        figures=_figures(results),
        raw={
            endpoint: {name: [asdict(run) for run in runs] for name, runs in each.taken.items()}
            for endpoint, each in results.endpoints.items()
        },
    )


def _overhead_table(endpoints: Mapping[str, Rounds]) -> Table:
    columns = ["median over all endpoints", "more than the bare call, us", "times the bare call"]
    rows = []
    for name in CONTENDERS:
        more = [_cpu(rounds, name) - _cpu(rounds, BARE) for rounds in endpoints.values()]
        times = [rounds.ratio(name, BARE, lambda taken: taken.cpu / taken.units) for rounds in endpoints.values()]
        rows.append([name, f"{statistics.median(more) * 1e6:.0f}", f"{statistics.median(times):.2f}"])
    return Table("Overhead of each adapter", columns, rows)


def _endpoints_table(results: Results) -> Table:
    rows = [
        [endpoint, str(results.queries[endpoint]), *(f"{_cpu(rounds, name) / MILLISECOND:.2f}" for name in CONTENDERS)]
        for endpoint, rounds in results.endpoints.items()
    ]
    return Table("CPU per request, ms", ["", "queries", *CONTENDERS], rows)


def _chart(endpoints: Mapping[str, Rounds]) -> Chart:
    series = {name: [_cpu(endpoints[endpoint], name) / MILLISECOND for endpoint in DRAWN] for name in CONTENDERS}
    return Chart("requests", "CPU of a warm request, ms", DRAWN, series)


def _figures(results: Results) -> dict[str, float]:
    """Return figures per request to the project: CPU seconds here and in PostgreSQL, and queries."""
    figures: dict[str, float] = {}
    for endpoint, rounds in results.endpoints.items():
        median = rounds.median(PROJECT)
        figures[f"{endpoint}: CPU"] = median.cpu / median.units
        figures[f"{endpoint}: backend CPU"] = median.backend_cpu / median.units
        figures[f"{endpoint}: queries"] = results.queries[endpoint]
    return figures


def _cpu(rounds: Rounds, name: str) -> float:
    """Return the CPU seconds per request."""
    median = rounds.median(name)
    return median.cpu / median.units
