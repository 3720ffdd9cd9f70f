"""Comparison of counts with `bounds.json`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

BOUNDS = Path(__file__).with_name("bounds.json")

Counts = Mapping[str, Mapping[str, int]]
"""Counts by benchmark and name."""


def read_bounds() -> Counts:
    """Return the highest allowed counts."""
    bounds: Counts = json.loads(BOUNDS.read_text())
    return bounds


def complaints(counted: Counts, bounds: Counts) -> Iterator[str]:
    """Yield a message for each exceeded, missing or unused bound of the benchmarks counted."""
    for benchmark, counts in counted.items():
        allowed = bounds.get(benchmark, {})
        for name in sorted(counts.keys() | allowed.keys()):
            if name not in allowed:
                yield f"{benchmark}: {name} has no bound in {BOUNDS.name}; counted {counts[name]}"
            elif name not in counts:
                yield f"{benchmark}: {name} has a bound in {BOUNDS.name} but was not counted"
            elif counts[name] > allowed[name]:
                yield f"{benchmark}: {name}: {counts[name]}, but only {allowed[name]} allowed"
