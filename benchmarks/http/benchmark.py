"""HTTP benchmark: measurements and counts."""

from typing import Any

from benchmarks.http.contenders import CONTENDERS, PROJECT
from benchmarks.http.deployment import deployed
from benchmarks.http.report import Results, report
from benchmarks.measurement import Measurement
from benchmarks.program import run_program
from benchmarks.rounds import Rounds
from benchmarks.section import Section
from infra.postgresql import PostgreSQL

RUNNER = "benchmarks.http.run"
ROUNDS, REQUESTS = 5, 40

Answers = dict[str, Measurement]
"""Measurements by endpoint."""


def measure() -> Section:
    """Measure each contender on every request, in turn, on PostgreSQL."""
    with PostgreSQL() as server, deployed(server.url) as variables:
        rounds = [{name: run(name, REQUESTS, variables) for name in CONTENDERS} for _ in range(ROUNDS)]
        queries = _queries(variables)
    by_endpoint = {
        endpoint: Rounds({name: [answers[name][endpoint] for answers in rounds] for name in CONTENDERS})
        for endpoint in queries
    }
    return report(Results(by_endpoint, queries), requests=REQUESTS)


def counts() -> dict[str, int]:
    """Count the queries per request of each endpoint, including BEGIN and COMMIT."""
    with PostgreSQL() as server, deployed(server.url) as variables:
        return {f"queries of {endpoint}": number for endpoint, number in _queries(variables).items()}


def _queries(variables: dict[str, str]) -> dict[str, int]:
    return {endpoint: int(answers.queries) for endpoint, answers in run(PROJECT, 1, variables, "--count").items()}


def run(contender: str, requests: int, variables: dict[str, str], *options: str) -> Answers:
    """Run a contender with this many requests per endpoint. Raises BenchmarkFailed."""
    measured: dict[str, Any] = run_program(RUNNER, contender, str(requests), *options, **variables)
    return {endpoint: Measurement(**figures) for endpoint, figures in measured.items()}
