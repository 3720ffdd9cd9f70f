"""Waiting for a condition, independent of the machine's speed."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 180
"""Limit that only a hanging process reaches."""


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail at the limit."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for does not come"
        time.sleep(0.01)
