"""Time and queries of renewals that are charged to saved payment methods."""

from benchmarks.charging.benchmark import counts, measure

__all__ = ["counts", "measure"]
