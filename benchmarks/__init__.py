"""Benchmarks: `make bench` measures, `make bench-quick` counts.

A benchmark is a module or package named in `bench.BENCHMARKS`, with two functions:

    measure() -> Section        everything, in minutes: tables, charts, targets and figures (see `section`)
    counts() -> dict[str, int]  machine-independent counts, in seconds: queries, calls, rows written; each has an
                                upper bound in `bounds.json`

Each contender runs in a process of its own, in turn (`rounds`), metered by `meter`, so that benchmarks do not share
loaded modules. Durations are in seconds and memory in bytes until a table shows them.
"""
