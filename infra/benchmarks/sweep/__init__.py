"""The sweep beside the same work row by row, and beside the limit: the same rows written by hand-made SQL."""

from infra.benchmarks.sweep.benchmark import counts, measure

__all__ = ["counts", "measure"]
