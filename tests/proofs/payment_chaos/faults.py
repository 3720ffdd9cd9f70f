"""Faults of the campaign: what calls suffer, and points of the code at which a process is killed or frozen."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from payments import fence
from payments.charging import claims
from payments.charging.claims import Claim
from payments.charging.outcomes import Recorder
from tests.proofs.payment_chaos.durations import FREEZE
from tests.support.ledger_provider import AFTER, BEFORE, SERVER_ERROR, THROTTLED, LedgerProvider

P = ParamSpec("P")
T = TypeVar("T")

OF_CALLS = (BEFORE, AFTER, SERVER_ERROR, THROTTLED)
POINTS = ("claimed", "prepared", "stored", "submitted", "charged", "told", "recorded")
"""Marked points, in the order in which a charge passes them."""

FROZEN = "frozen past the lease"
FORGOTTEN = "keys forgotten"
CANCELLED = "cancelled by the provider"
PAID_BY_HAND = "paid by hand"
WEBHOOK_LOST = "webhook lost"
WEBHOOK_REPEATED = "webhook repeated"

EVERY = (
    *OF_CALLS,
    *(f"killed when {point}" for point in POINTS),
    FROZEN,
    FORGOTTEN,
    CANCELLED,
    PAID_BY_HAND,
    WEBHOOK_LOST,
    WEBHOOK_REPEATED,
)
"""All faults, and the disturbances that count as such. Each must be hit."""


@dataclass
class Faults:
    """Faults of one process, drawn from its seed."""

    provider: LedgerProvider
    chance: random.Random
    probability: float

    def of_call(self, _name: str) -> str:
        """Return the fault of a call."""
        return self.chance.choice(OF_CALLS) if self.chance.random() < self.probability else ""

    def at(self, point: str) -> None:
        """Die, or stand still, at a marked point."""
        if not point:
            return
        drawn = self.chance.random()
        if drawn < self.probability:
            self.provider.note(f"killed when {point}")
            os.kill(os.getpid(), signal.SIGKILL)
        elif drawn < self.probability * 1.2:
            self.provider.note(FROZEN)
            time.sleep(FREEZE.total_seconds())

    def install(self) -> None:
        """Mark the points in this process's copy of the code."""
        self.provider.faults = self.of_call
        self.provider.after_effect = lambda call: self.at({"open": "prepared", "charge": "charged"}.get(call, ""))
        setattr(claims, "claim", self._followed(claims.claim, "claimed"))  # noqa: B010 - mypy allows no assignment
        setattr(fence, "store_reference", self._followed(fence.store_reference, "stored"))  # noqa: B010
        setattr(Claim, "submit", self._followed(Claim.submit, "submitted"))  # noqa: B010
        setattr(Recorder, "money", self._followed(self._preceded(Recorder.money, "told"), "recorded"))  # noqa: B010

    def _followed(self, function: Callable[P, T], point: str) -> Callable[P, T]:
        @wraps(function)
        def marked(*args: P.args, **kwargs: P.kwargs) -> T:
            answer = function(*args, **kwargs)
            self.at(point)
            return answer

        return marked

    def _preceded(self, function: Callable[P, T], point: str) -> Callable[P, T]:
        @wraps(function)
        def marked(*args: P.args, **kwargs: P.kwargs) -> T:
            self.at(point)
            return function(*args, **kwargs)

        return marked
