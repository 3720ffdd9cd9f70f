"""What is measured and not asserted: `make bench`, and `make bench-quick` for what can be counted.

A benchmark is a module (or package) named in `bench.BENCHMARKS`, with two functions:

    measure() -> Section        everything, in minutes: tables, charts, aims and figures (see `section`)
    counts() -> dict[str, int]  what is counted and no machine can change, in seconds: queries, calls, rows written;
                                each has a bound in `bounds.json`, and fewer is better

What it measures it runs in processes of its own, each contender in turn (`rounds`), each run metered by `meter`: the
next benchmark finds nothing loaded. Durations are in seconds, memory in bytes, until a table shows them.
"""
