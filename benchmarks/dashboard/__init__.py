"""How long operators wait for the dashboard and the admin's pages over a large history."""

from benchmarks.dashboard.benchmark import measure

__all__ = ["measure"]
