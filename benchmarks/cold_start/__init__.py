"""Cold start of the deployed zip, compared with stock `zappa package` and with a bare Django."""

from benchmarks.cold_start.benchmark import counts, measure

__all__ = ["counts", "measure"]
