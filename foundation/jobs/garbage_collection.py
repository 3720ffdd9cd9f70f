"""Python's search for garbage, put off."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_search_for_garbage() -> Iterator[None]:
    """For a block that makes thousands of objects and none that refer to themselves: a search would find nothing.

    It took 2 of the 15 microseconds of Python that a row of the sweep costs, and made every twentieth claim of 320
    events 25 ms longer. What the block leaves is searched afterwards; its garbage is bounded by what one block makes.
    """
    searches = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searches:
            gc.enable()
