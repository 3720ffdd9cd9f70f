"""Compares what was counted with what is allowed: `bounds.json`, by benchmark and count."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

BOUNDS = Path(__file__).with_name("bounds.json")

Counts = Mapping[str, Mapping[str, int]]
"""By benchmark and name."""


def read_bounds() -> Counts:
    """What is allowed at most."""
    bounds: Counts = json.loads(BOUNDS.read_text())
    return bounds


def complaints(counted: Counts, bounds: Counts) -> Iterator[str]:
    """What is more than allowed, what has no bound, and which bound was not counted; for the benchmarks counted."""
    for benchmark, counts in counted.items():
        allowed = bounds.get(benchmark, {})
        for name in sorted(counts.keys() | allowed.keys()):
            if name not in allowed:
                yield f"{benchmark}: {name} has no bound in {BOUNDS.name}; {counts[name]} were counted"
            elif name not in counts:
                yield f"{benchmark}: {name} has a bound in {BOUNDS.name} and was not counted"
            elif counts[name] > allowed[name]:
                yield f"{benchmark}: {name}: {counts[name]}, and {allowed[name]} are allowed"
