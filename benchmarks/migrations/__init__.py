"""Waits of visitors while a release migrates a large database."""

from benchmarks.migrations.benchmark import measure

__all__ = ["measure"]
