"""Until when calls to AWS may begin: one that begins later could repeat what somebody else has taken over."""

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
    """An instant of this process's stop-watch, which setting a clock does not move."""

    ends_at: float
    """On `time.monotonic()`'s scale."""

    @classmethod
    def after(cls, duration: timedelta) -> Self:
        """So long from now."""
        return cls(time.monotonic() + duration.total_seconds())

    def around(self, function: Callable[[Argument], Result]) -> Callable[[Argument], Result]:
        """The function, with this deadline for all calls to AWS that it makes in its thread."""

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
