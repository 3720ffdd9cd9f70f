"""Something that is to be done again and again."""

import time


class Interval:
    """Is due at once, and every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due_at = 0.0

    def is_due(self) -> bool:
        """Whether it is; it counts as done then."""
        now = time.monotonic()
        if now < self._due_at:
            return False
        self._due_at = now + self._seconds
        return True
