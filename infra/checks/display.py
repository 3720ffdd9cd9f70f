"""The lines that a person reads while checks run."""

import sys
import time
from collections.abc import Iterable

from infra.checks.step import Step

TERMINAL_PAUSE_SECONDS = 0.5
"""The pause on a terminal, where the progress is rewritten in place."""


class Display:
    """Lines that stay, and the progress between them: on a terminal the last line, elsewhere a line per pause."""

    def __init__(self, pause_seconds: float) -> None:
        self._in_place = sys.stdout.isatty()
        self._pause = min(pause_seconds, TERMINAL_PAUSE_SECONDS) if self._in_place else pause_seconds
        self._printed = time.monotonic()

    def print(self, line: str) -> None:
        """Print a line that stays."""
        self._print(f"{line}\n")

    def update(self, steps: Iterable[Step]) -> None:
        """Print the progress of the steps, unless something was printed within the pause."""
        if time.monotonic() - self._printed >= self._pause:
            progress = f"...     {', '.join(step.progress for step in steps)}"
            self._print(progress if self._in_place else f"{progress}\n")

    def _print(self, text: str) -> None:
        print(f"\r\033[K{text}" if self._in_place else text, end="", flush=True)
        self._printed = time.monotonic()
