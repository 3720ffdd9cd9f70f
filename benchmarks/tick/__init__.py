"""Cost of a minute: the jobs of the schedule while nothing is due, behind the gate, and while something is."""

from benchmarks.tick.benchmark import counts, measure

__all__ = ["counts", "measure"]
