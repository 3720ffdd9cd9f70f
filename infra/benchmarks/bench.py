"""What `make bench` and `make bench-quick` run.

    python -m infra.benchmarks.bench [--quick] [NAME ...]

Without names it is all of them. `--quick` only counts, and fails where a count is above its bound; it measures no time.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from infra.benchmarks.bounds import complaints, read_bounds
from infra.benchmarks.document import keep
from infra.benchmarks.machine import describe_machine
from infra.benchmarks.section import Section, Table
from infra.benchmarks.terminal import show, show_table

BENCHMARKS = {
    "sweep": "infra.benchmarks.sweep",
    "delivery": "infra.benchmarks.delivery",
    "cold_start": "infra.benchmarks.cold_start",
    "http": "infra.benchmarks.http",
    "storage": "infra.benchmarks.storage",
}
"""Each one's module, in the order in which they run."""


class Benchmark(Protocol):
    """What such a module offers."""

    def measure(self) -> Section: ...

    def counts(self) -> dict[str, int]: ...


def load(name: str) -> Benchmark:
    """The benchmark of this name."""
    return cast(Benchmark, import_module(BENCHMARKS[name]))


def measure(names: Sequence[str]) -> int:
    """Measure, show and keep them, each as soon as it is done."""
    machine = describe_machine()
    for name in names:
        began = time.monotonic()
        section = load(name).measure()
        show(section)
        keep(name, section, machine)
        print(f"\n{name} took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    return 0


def count(names: Sequence[str]) -> int:
    """Count, show, and compare with the bounds; 1 if something is above its bound."""
    bounds = read_bounds()
    counted = {name: load(name).counts() for name in names}
    for name, counts in counted.items():
        rows = [[what, f"{number:,}", f"{bounds.get(name, {}).get(what, 0):,}"] for what, number in counts.items()]
        show_table(Table(name, ["counted", "number", "allowed"], rows))
    wrong = list(complaints(counted, bounds))
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


def main(arguments: list[str]) -> int:
    """Run what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m infra.benchmarks.bench")
    parser.add_argument("--quick", action="store_true", help="only count, and compare with the bounds")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there is {', '.join(BENCHMARKS)}")
    return (count if chosen.quick else measure)(chosen.names or list(BENCHMARKS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
