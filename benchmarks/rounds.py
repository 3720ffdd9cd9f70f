"""Runs contenders in turn, so that a busy moment of the machine is everybody's, and compares them round by round."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.measurement import Measurement

Run = Callable[[], Measurement]
"""One run of a contender, from the same start as all others."""


@dataclass(frozen=True)
class Rounds:
    """What each contender took in each round."""

    taken: Mapping[str, list[Measurement]]

    def median(self, contender: str) -> Measurement:
        """The contender's medians."""
        return Measurement.median(self.taken[contender])

    def ratio(self, one: str, other: str, figure: Callable[[Measurement], float]) -> float:
        """How many times the other's figure the one's is: the median of the rounds' ratios."""
        pairs = zip(self.taken[one], self.taken[other], strict=True)
        return statistics.median(figure(first) / figure(second) for first, second in pairs)


def run_in_turn(contenders: Mapping[str, Run], rounds: int) -> Rounds:
    """Run each contender once a round."""
    taken: dict[str, list[Measurement]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            taken[name].append(run())
    return Rounds(taken)
