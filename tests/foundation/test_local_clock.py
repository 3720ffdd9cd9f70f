"""Local clock from the service's side."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from foundation import clock, local_clock
from foundation.local_clock import FARTHEST, LocalClockUnreadable, NotLocal, TooFar

TRUE = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    """Return the unset clock file."""
    path = tmp_path / "a local stack" / "clock"
    settings.LOCAL_CLOCK = path.as_uri()
    return path


@pytest.fixture(autouse=True)
def true_time() -> Any:
    with time_machine.travel(TRUE, tick=False) as traveller:
        yield traveller


def test_clock_tells_the_true_time_until_somebody_moves_it(file: Path) -> None:
    assert (clock.now(), clock.travelled()) == (TRUE, timedelta())
    assert not file.exists()


def test_moved_clock_goes_on_from_where_it_was_put(file: Path, true_time: Any) -> None:
    local_clock.move_on(30 * DAY)
    assert clock.now() == TRUE + 30 * DAY

    true_time.shift(DAY)
    local_clock.move_on(DAY / 2)

    assert clock.now() == TRUE + 31.5 * DAY
    assert clock.travelled() == 30.5 * DAY


@pytest.mark.parametrize("instant", [TRUE + 400 * DAY, TRUE - 3 * DAY])
def test_clock_can_be_put_to_an_instant_from_wherever_it_is(instant: datetime, file: Path) -> None:
    local_clock.move_on(DAY)
    local_clock.move_to(instant, clock.now())
    assert clock.now() == instant


def test_back_is_the_true_time_however_often(file: Path) -> None:
    local_clock.move_on(DAY)
    local_clock.go_back()
    local_clock.go_back()
    assert clock.now() == TRUE
    assert list(file.parent.iterdir()) == []


def test_instants_of_the_database_are_moved_along(file: Path) -> None:
    local_clock.move_on(30 * DAY)
    assert clock.now() - clock.from_database(TRUE - DAY) == DAY


def test_century_is_the_farthest(file: Path) -> None:
    local_clock.move_on(FARTHEST)
    for length in (DAY, -2 * FARTHEST - DAY, timedelta.max - FARTHEST):
        with pytest.raises(TooFar):
            local_clock.move_on(length)
    assert clock.now() == TRUE + FARTHEST


@pytest.mark.parametrize("content", ["tomorrow", str(math.nan), "1e300"])
def test_broken_file_is_named_and_can_be_given_up(content: str, file: Path) -> None:
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(LocalClockUnreadable, match=r"timetravel --back"):
        clock.now()
    local_clock.go_back()
    assert clock.now() == TRUE


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1/"])
def test_only_a_file_can_be_moved(address: str, settings: Any) -> None:
    settings.LOCAL_CLOCK = address
    for move in (local_clock.go_back, lambda: local_clock.move_on(DAY), lambda: local_clock.move_to(TRUE, TRUE)):
        with pytest.raises(NotLocal, match="local stack"):
            move()


def test_address_that_does_not_answer_is_named(settings: Any) -> None:
    settings.LOCAL_CLOCK = "http://127.0.0.1:1/"
    with pytest.raises(LocalClockUnreadable, match="127"):
        clock.now()
