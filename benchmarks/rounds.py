"""Rounds in which contenders run in turn: a busy moment of the machine affects all of them."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.measurement import Measurement

Run = Callable[[], Measurement]
"""Run a contender once, from the same start as all others."""


@dataclass(frozen=True)
class Rounds:
    """Measurements of each contender in each round."""

    taken: Mapping[str, list[Measurement]]

    def median(self, contender: str) -> Measurement:
        """Return the medians of a contender."""
        return Measurement.median(self.taken[contender])

    def ratio(self, one: str, other: str, figure: Callable[[Measurement], float]) -> float:
        """Return the median over the rounds of the ratio between two contenders."""
        pairs = zip(self.taken[one], self.taken[other], strict=True)
        return statistics.median(figure(first) / figure(second) for first, second in pairs)


def run_in_turn(contenders: Mapping[str, Run], rounds: int) -> Rounds:
    """Run each contender once per round."""
    taken: dict[str, list[Measurement]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            taken[name].append(run())
    return Rounds(taken)
