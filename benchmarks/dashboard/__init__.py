"""Response times of the dashboard and the admin's pages with a large history."""

from benchmarks.dashboard.benchmark import measure

__all__ = ["measure"]
