"""How long a mail and an event wait after their commit, with the wake-up queue and without."""

from benchmarks.wake_up.benchmark import measure

__all__ = ["measure"]
