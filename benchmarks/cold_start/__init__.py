"""The cold start of the deployed zip, beside stock `zappa package` and beside a bare Django."""

from benchmarks.cold_start.benchmark import counts, measure

__all__ = ["counts", "measure"]
