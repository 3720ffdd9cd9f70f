"""Waiting for what will come: a test may never depend on how fast the machine is."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 180
"""Only what hangs takes so long."""


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for does not come"
        time.sleep(0.01)
