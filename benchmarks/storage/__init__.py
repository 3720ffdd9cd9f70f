"""Storage per row in the database, with indexes."""

from benchmarks.storage.benchmark import counts, measure

__all__ = ["counts", "measure"]
