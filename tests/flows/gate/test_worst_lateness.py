"""How late an end may be at most, by the times that docs/explanation/gate.md names."""

import pytest

from config.zappa.gate_checks import AHEAD_SECONDS
from infra.deployment.stage_values import RESUME_PATIENCE
from tests.flows.gate.lateness import of_an_end

PER_SECOND = 20
"""Instants of the first tick per second."""


def worst(resumes: int, ahead: int, connect: int) -> float:
    """Try all instants of the first tick that finds the gate open: within a minute, `ahead` seconds before the end."""
    firsts = (ahead - number / PER_SECOND for number in range(60 * PER_SECOND))
    return max(of_an_end(first, resumes, connect) for first in firsts)


@pytest.mark.parametrize(
    ("resumes", "ahead", "connect", "seconds"),
    [
        (15, AHEAD_SECONDS, 25, 0),
        (30, AHEAD_SECONDS, 25, 44.95),
        (30, AHEAD_SECONDS, int(RESUME_PATIENCE), 14.95),
        (30, 90, int(RESUME_PATIENCE), 0),
    ],
)
def test_end_is_late_by_the_time_to_resume_or_by_a_tick_that_gives_up(
    resumes: int, ahead: int, connect: int, seconds: float
) -> None:
    assert worst(resumes, ahead, connect) == pytest.approx(seconds)
