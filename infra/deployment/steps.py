"""Steps with progress output: each prints its name, duration and result, and something at least every 10 s."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from infra.deployment.polling import LONGEST_SILENCE, PROGRESS

T = TypeVar("T")


class Steps:
    """Runner of steps. Durations are in seconds."""

    def take(self, name: str, step: Callable[[], T]) -> T:
        """Run a step and return its result; text is also printed. Its errors are raised."""
        print(f"  {name:<44}", end="", flush=True)
        start = time.monotonic()
        try:
            with _heard(start):
                result = step()
        except BaseException:
            print(f"{time.monotonic() - start:6.1f} s  FAILED", flush=True)
            raise
        said = f"  {result}" if isinstance(result, str) else ""
        print(f"{time.monotonic() - start:6.1f} s{said}", flush=True)
        return result


@contextmanager
def _heard(start: float) -> Iterator[None]:
    """Print a line after each LONGEST_SILENCE without output: a CI service may end silent jobs."""
    over, silence = threading.Event(), LONGEST_SILENCE.total_seconds()

    def tell() -> None:
        while not over.wait(silence / 2):
            now = time.monotonic()
            if now - max(start, PROGRESS.told) >= silence:
                PROGRESS.tell(f"after {now - start:.0f} s")

    thread = threading.Thread(target=tell, name="steps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
