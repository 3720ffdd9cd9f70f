"""Deadline of a provider call: a call that begins later could repeat one of another process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True)
class Deadline:
    """An instant of the monotonic clock, which setting the system's clock does not move."""

    ends_at: float
    """Seconds of `time.monotonic()`."""

    @classmethod
    def after(cls, duration: timedelta) -> Self:
        """Return the deadline this long from now."""
        return cls(time.monotonic() + duration.total_seconds())

    @property
    def seconds_left(self) -> float:
        """Seconds until then; negative if it is over."""
        return self.ends_at - time.monotonic()


_of_this_context: ContextVar[Deadline | None] = ContextVar("deadline_of_provider_calls", default=None)


@contextmanager
def calls_end_by(deadline: Deadline) -> Iterator[None]:
    """Limit the provider calls of this context. A call that would begin later does not begin."""
    token = _of_this_context.set(deadline)
    try:
        yield
    finally:
        _of_this_context.reset(token)


def deadline_of_a_call(at_most: timedelta) -> Deadline:
    """Return the deadline of a call that begins now: this context's, or `at_most` from now, whichever is earlier."""
    own, outer = Deadline.after(at_most), _of_this_context.get()
    return own if outer is None or own.ends_at < outer.ends_at else outer
