"""Deadline for calls to AWS: a call that begins later could repeat one of another deliverer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self, TypeVar

from notifications.errors import CallTooLate

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_thread = threading.local()


@dataclass(frozen=True)
class Deadline:
    """An instant of the monotonic clock, which setting the system's clock does not move."""

    ends_at: float
    """Seconds of `time.monotonic()`."""

    @classmethod
    def after(cls, duration: timedelta) -> Self:
        """Return the deadline this long from now."""
        return cls(time.monotonic() + duration.total_seconds())

    def around(self, function: Callable[[Argument], Result]) -> Callable[[Argument], Result]:
        """Wrap the function so that this deadline holds for its calls to AWS in its thread."""

        def limited(argument: Argument) -> Result:
            _thread.deadline = self
            try:
                return function(argument)
            finally:
                _thread.deadline = None

        return limited


def refuse_if_over(**kwargs: object) -> None:
    """Raise CallTooLate if this thread's deadline is over. botocore's hook `before-send`, when the request is signed.

    Whoever is frozen after it has a signature to show that AWS takes for 15 minutes, and the grace time is no shorter:
    what is called in time reaches AWS before anybody sends the same again, or is refused there.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html (RequestExpired)
    """
    deadline: Deadline | None = getattr(_thread, "deadline", None)
    if deadline is not None and time.monotonic() >= deadline.ends_at:
        raise CallTooLate("the time for this call is over; whoever claims the notification next sends it")
