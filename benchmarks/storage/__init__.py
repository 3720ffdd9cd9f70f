"""What a row takes of the database's storage, with its indexes."""

from benchmarks.storage.benchmark import counts, measure

__all__ = ["counts", "measure"]
