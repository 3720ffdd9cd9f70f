"""Steps that a person watches: each prints its name, its time, and what it has to say."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Steps:
    """Takes steps. Their times are in seconds."""

    def take(self, name: str, step: Callable[[], T]) -> T:
        """Take one and return what it returns; a text is also shown. What it raises is raised."""
        print(f"  {name:<44}", end="", flush=True)
        start = time.monotonic()
        try:
            result = step()
        except BaseException:
            print(f"{time.monotonic() - start:6.1f} s  FAILED", flush=True)
            raise
        said = f"  {result}" if isinstance(result, str) else ""
        print(f"{time.monotonic() - start:6.1f} s{said}", flush=True)
        return result
