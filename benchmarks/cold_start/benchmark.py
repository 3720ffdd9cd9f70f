"""Cold start benchmark: measurements and counts."""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.cold_start.packages import (
    STAGE,
    STOCK_HANDLER,
    make_bare_package,
    make_project_package,
    make_stock_package,
)
from benchmarks.cold_start.phases import Phases, median_phases, probed, take_apart
from benchmarks.cold_start.report import BARE, PROJECT, STOCK, Results, report
from benchmarks.cold_start.start import Function, imported_modules, measure_start
from benchmarks.program import run_program
from benchmarks.rounds import Rounds, run_in_turn
from benchmarks.section import Section
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage
from infra.packaging.zappa_stage import load_stage
from infra.postgresql import PostgreSQL

STARTS = 10
PROBED_STARTS = 5
HEALTH = "/healthz"
SWEEP = "subscriptions.jobs.check_expired_subscriptions"
FILLER, FILLED = "benchmarks.sweep.fill", "100"
MAKERS = {PROJECT: make_project_package, STOCK: make_stock_package, BARE: make_bare_package}

Maker = Callable[[Path], Path]
"""Build a package in a directory."""


def measure() -> Section:
    """Measure starts of each package, their phases, and starts with other first events."""
    with unpacked(MAKERS) as (functions, megabytes):
        starts = run_in_turn({name: partial(_start, function) for name, function in functions.items()}, STARTS)
        phases = {name: _phases(function) for name, function in functions.items()}
        others = _other_events({name: functions[name] for name in (PROJECT, STOCK)})
    return report(Results(starts, phases, others, megabytes))


def counts() -> dict[str, int]:
    """Count the modules imported by the deployed package before its first response, except Python's own."""
    with unpacked({PROJECT: make_project_package}) as (functions, _):
        modules = imported_modules(functions[PROJECT], functions[PROJECT].request(HEALTH))
    packages = Counter(name.partition(".")[0] for name in modules)
    return {
        "modules before the first answer": sum(packages[name] for name in packages.keys() - sys.stdlib_module_names),
        "modules of boto3 before the first answer": packages["boto3"] + packages["botocore"],
    }


@contextmanager
def unpacked(makers: Mapping[str, Maker]) -> Iterator[tuple[dict[str, Function], dict[str, float]]]:
    """Build the packages and yield them unpacked, with the size of each zip in megabytes (10^6 bytes)."""
    stage = load_stage(STAGE)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        archives = {name: make(directory) for name, make in makers.items()}
        functions = {
            name: Function(
                stack.enter_context(UnpackedPackage(archive)).directory,
                stage,
                STOCK_HANDLER if name == STOCK else stage.handler,
            )
            for name, archive in archives.items()
        }
        yield functions, {name: archive.stat().st_size / 1e6 for name, archive in archives.items()}


def _start(function: Function) -> Any:
    return measure_start(function, function.request(HEALTH))


def _phases(function: Function) -> Phases:
    with probed(function) as taken_apart:
        event = function.request(HEALTH)
        return median_phases([take_apart(taken_apart, event) for _ in range(PROBED_STARTS)])


def _other_events(functions: Mapping[str, Function]) -> dict[str, Rounds]:
    """Measure starts on PostgreSQL whose first event imports more."""
    with PostgreSQL() as server:
        run_program(FILLER, FILLED, DATABASE_URL=server.url)
        variables = {"DATABASE_URL": server.url}
        connected = {name: replace(function, variables=variables) for name, function in functions.items()}
        return {
            title: run_in_turn(
                {name: partial(measure_start, function, event(function)) for name, function in connected.items()},
                STARTS,
            )
            for title, event in OTHER_EVENTS.items()
        }


def _tick(function: Function) -> Any:
    schedule = function.stage.schedule_of(SWEEP)
    return delivered_event(schedule, region=function.stage.region, time=datetime.now(UTC))


OTHER_EVENTS: dict[str, Callable[[Function], Any]] = {
    "the page of plans": lambda function: function.request("/"),
    "the API's list of plans": lambda function: function.request("/api/v1/plans"),
    "the sweep, with nothing due": _tick,
}
"""Other first events of a start."""
