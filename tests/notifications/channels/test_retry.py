"""Retry policy as a table."""

from datetime import timedelta

import pytest

from notifications.channels.retry import LONGEST_DELAY, MAXIMUM_ATTEMPTS, delay


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 1.0, 30), (2, 1.0, 60), (3, 1.0, 120), (7, 1.0, 1920), (8, 1.0, 3600), (1, 0.5, 15), (8, 0.0, 0)],
)
def test_delay_doubles_up_to_an_hour_and_is_spread_by_chance(attempts: int, chance: float, seconds: int) -> None:
    assert delay(attempts, chance) == timedelta(seconds=seconds)


def test_many_attempts_do_not_overflow() -> None:
    assert delay(10_000, 1.0) == LONGEST_DELAY


def test_trying_goes_on_for_about_half_a_day_on_average_and_ends() -> None:
    waited = sum((delay(attempts, 0.5) for attempts in range(1, MAXIMUM_ATTEMPTS)), timedelta())
    assert timedelta(hours=11) < waited < timedelta(hours=13)
