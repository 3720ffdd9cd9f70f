"""Calls to the provider, several at a time and at a limited rate. Only they run in threads; the database does not."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from payments.errors import KeyRefused, ProviderRefused, ProviderUnavailable
from payments.models import Order
from payments.providers.deadline import Deadline, calls_end_by
from payments.providers.interface import Outcome, OutcomeKind

logger = logging.getLogger(__name__)

PER_SECOND = 25
"""Calls per second of one charger. Stripe allows 25 in test mode and 100 in live mode, all chargers together.

A charger starts each minute and claims for up to 210 s, so that after an outage about four overlap: 4 x 25 = 100. An
order whose call Stripe refuses with 429 is put off by five minutes.
https://docs.stripe.com/rate-limits
"""

Answer = TypeVar("Answer")


@dataclass
class Pace:
    """Turns at an even rate, shared by the threads of one charger."""

    per_second: float = PER_SECOND
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def wait(self) -> None:
        """Wait for the next turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + 1 / self.per_second
        if (seconds := turn - time.monotonic()) > 0:
            self.sleep(seconds)


@dataclass(frozen=True)
class CallsUnderWay(Generic[Answer]):
    """One call per order, made in threads meanwhile."""

    orders: list[Order]
    answers: Iterator[Answer]

    def wait(self) -> dict[Order, Answer]:
        """Return the answer per order, once all have come. Call it once."""
        return dict(zip(self.orders, self.answers, strict=True))


@dataclass(frozen=True)
class Calls:
    """Calls of one claim. None begins after the deadline."""

    pool: Executor
    pace: Pace
    deadline: Deadline
    refusals: set[str]
    """Collects the codes with which the provider refuses the key."""

    def ask_all(self, call: Callable[[Order], Outcome], orders: Iterable[Order]) -> CallsUnderWay[Outcome]:
        """Begin the calls that return an outcome."""
        return self._all(call, orders, _unknown)

    def open_all(self, call: Callable[[Order], str], orders: Iterable[Order]) -> CallsUnderWay[str | Outcome]:
        """Begin the calls that return what was prepared. An outcome in its place says why nothing was."""
        return self._all(call, orders, _refused)

    def _all(
        self,
        call: Callable[[Order], Answer],
        orders: Iterable[Order],
        explain: Callable[[Exception], Outcome],
    ) -> CallsUnderWay[Answer | Outcome]:
        def limited(order: Order) -> Answer | Outcome:
            self.pace.wait()
            if self.deadline.seconds_left <= 0:
                return Outcome(OutcomeKind.NOTHING_HAPPENED, code="too_late")
            with calls_end_by(self.deadline):
                try:
                    answer: Answer | Outcome = call(order)
                except Exception as error:  # noqa: BLE001 - one order must not stop the others; it is logged
                    answer = explain(error)
            if isinstance(answer, Outcome) and answer.key_refused:
                self.refusals.add(answer.code)
            return answer

        every = list(orders)
        return CallsUnderWay(every, self.pool.map(limited, every))


def _unknown(error: Exception) -> Outcome:
    """Return the outcome of a call whose adapter failed. It may have had its effect."""
    logger.error("a payment provider failed", exc_info=error)
    return Outcome(OutcomeKind.UNKNOWN, code=type(error).__name__)


def _refused(error: Exception) -> Outcome:
    """Return the outcome of a preparation that failed, which takes no money."""
    if isinstance(error, ProviderRefused):
        return Outcome(OutcomeKind.DECLINED_FOR_GOOD, code=str(error))
    if not isinstance(error, ProviderUnavailable):
        logger.error("a payment provider failed", exc_info=error)
    code = type(error.__cause__ or error).__name__
    return Outcome(OutcomeKind.NOTHING_HAPPENED, code=code, key_refused=isinstance(error, KeyRefused))
