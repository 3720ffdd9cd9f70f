"""The garbage collector is paused during a block and resumed after it."""

import gc
from collections.abc import Iterator

import pytest

from foundation.jobs.garbage_collection import gc_paused


@pytest.fixture(autouse=True)
def searching() -> Iterator[None]:
    """Enable the collector, as at Python's start."""
    gc.enable()
    yield
    gc.enable()


def test_search_goes_on_after_the_block_and_after_an_error_in_it() -> None:
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), gc_paused():
        _ = 1 / 0
    assert gc.isenabled()


def test_disabled_collector_stays_disabled() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


def test_blocks_may_stand_in_one_another() -> None:
    with gc_paused():
        with gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
