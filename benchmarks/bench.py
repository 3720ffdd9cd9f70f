"""Entry point of `make bench` and `make bench-quick`.

    python -m benchmarks.bench [--quick] [NAME ...]

Runs all benchmarks by default, and then updates docs/cost.md and docs/scale.md. `--quick` only counts, measures no
time, and fails if a count exceeds its bound.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from benchmarks.bounds import complaints, read_bounds
from benchmarks.costs import cost
from benchmarks.document import keep
from benchmarks.machine import describe_machine
from benchmarks.scale import scale
from benchmarks.section import Section, Table
from benchmarks.terminal import show, show_table
from infra.errors import EXPECTED

BENCHMARKS = {
    "sweep": "benchmarks.sweep",
    "delivery": "benchmarks.delivery",
    "cold_start": "benchmarks.cold_start",
    "http": "benchmarks.http",
    "storage": "benchmarks.storage",
    "feedback": "benchmarks.feedback",
    "dashboard": "benchmarks.dashboard",
    "charging": "benchmarks.charging",
    "tick": "benchmarks.tick",
    "migrations": "benchmarks.migrations",
}
"""Modules of the benchmarks, in the order in which they run."""

COUNTED = ("sweep", "delivery", "cold_start", "http", "storage", "feedback", "charging", "tick")
"""Benchmarks that count. The queries of the operators' pages are part of http."""


class Benchmark(Protocol):
    """Interface of a benchmark module."""

    def measure(self) -> Section: ...


class CountedBenchmark(Benchmark, Protocol):
    """Interface of a benchmark module that also counts."""

    def counts(self) -> dict[str, int]: ...


def measure(names: Sequence[str]) -> int:
    """Measure, print and save each benchmark. Return 1 if any failed, after running the others."""
    machine = describe_machine()
    failed = [name for name in names if not _measure(name, machine)]
    for name in failed:
        print(f"{name} FAILED; its section of docs/performance.md is unchanged", file=sys.stderr)
    cost.main()
    scale.main()
    return int(bool(failed))


def _measure(name: str, machine: Mapping[str, str]) -> bool:
    began = time.monotonic()
    try:
        section = cast(Benchmark, import_module(BENCHMARKS[name])).measure()
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return False
    show(section)
    keep(name, section, machine)
    print(f"\n{name} took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    return True


def count(names: Sequence[str]) -> int:
    """Count, print, and compare with the bounds. Return 1 if a bound is exceeded."""
    bounds = read_bounds()
    counted = {name: cast(CountedBenchmark, import_module(BENCHMARKS[name])).counts() for name in names}
    for name, counts in counted.items():
        rows = [[what, f"{number:,}", f"{bounds.get(name, {}).get(what, 0):,}"] for what, number in counts.items()]
        show_table(Table(name, ["counted", "number", "allowed"], rows))
    wrong = list(complaints(counted, bounds))
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


def main(arguments: list[str]) -> int:
    """Run the benchmarks named in the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench")
    parser.add_argument("--quick", action="store_true", help="only count and compare with the bounds")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - BENCHMARKS.keys():
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}; choose from {', '.join(BENCHMARKS)}")
    if chosen.quick:
        return count([name for name in chosen.names or COUNTED if name in COUNTED])
    return measure(chosen.names or list(BENCHMARKS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
