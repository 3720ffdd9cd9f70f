"""Faults of the campaign: of calls, and at points at which a process dies, freezes or loses a commit."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from payments import hosted_page
from payments.charging import claims
from payments.charging.claims import Claim
from payments.charging.outcomes import Recorder
from payments.orders import fence
from tests.support.ledger_provider import AFTER, BEFORE, SERVER_ERROR, THROTTLED, LedgerProvider

P = ParamSpec("P")
T = TypeVar("T")

OF_CALLS = (BEFORE, AFTER, SERVER_ERROR, THROTTLED)
CALLS = ("prepare", "charge", "ask", "close", "begin")
PER_FREEZE = 0.2
"""A process that stands still holds up the storm for longer than one that is started anew."""

PER_CALL = 1.5
"""Each fault of a call is so many times likelier than one at a point of the code: money is lost and doubled there."""

AFTER_CALLS = {"prepare": "prepared", "charge": "charged", "ask": "asked", "close": "closed", "begin": "page opened"}
"""Points that follow the effect of a call."""

COMMITS = ("claimed", "way taken", "stored", "submitted", "recorded", "page's way taken", "page stored")
"""Points that follow a commit, which may not land, or whose answer may be lost."""

POINTS = (*AFTER_CALLS.values(), *COMMITS, "told")
"""Marked points of a charge and of the way to the page."""

LIKELIEST = 10
"""Greatest factor of the probability, of what is hit seldom; its inverse is the least, of what is hit often."""

NOT_LANDED = "commit that does not land"
UNANSWERED = "commit whose answer is lost"
FROZEN = "frozen past the lease"
FORGOTTEN = "keys forgotten"
CANCELLED = "cancelled by the provider"
PAID_BY_HAND = "paid by hand"
WEBHOOK_LOST = "webhook lost"
WEBHOOK_REPEATED = "webhook repeated"

EVERY = (
    *(f"{call} {fault}" for call in CALLS for fault in OF_CALLS),
    *(f"killed when {point}" for point in POINTS),
    *(f"{fault}: {point}" for point in COMMITS for fault in (NOT_LANDED, UNANSWERED)),
    FROZEN,
    FORGOTTEN,
    CANCELLED,
    PAID_BY_HAND,
    WEBHOOK_LOST,
    WEBHOOK_REPEATED,
)
"""All faults, each by the call or the point that it hits, and the disturbances that count as such."""


def factors(hits: Mapping[str, int]) -> dict[str, float]:
    """Return the factor of each fault's probability by how often it was hit, because many points are passed seldom."""
    mean = sum(hits.get(fault, 0) for fault in EVERY) / len(EVERY)
    return {fault: min(LIKELIEST, max(1 / LIKELIEST, (mean + 1) / (hits.get(fault, 0) + 1))) for fault in EVERY}


@dataclass
class Faults:
    """Faults of one process, drawn from its seed. What was hit seldom when the process began is likelier."""

    provider: LedgerProvider
    chance: random.Random
    probability: float
    freeze: timedelta

    def __post_init__(self) -> None:
        self._factors = factors(self.provider.fault_counts())

    def of_call(self, name: str) -> str:
        """Return the fault of a call."""
        return next((fault for fault in OF_CALLS if self._occurs(f"{name} {fault}", PER_CALL)), "")

    def at(self, point: str) -> None:
        """Die, or stand still, at a marked point."""
        if self._occurs(killed := f"killed when {point}"):
            self.provider.note(killed)
            os.kill(os.getpid(), signal.SIGKILL)
        elif self._occurs(FROZEN, PER_FREEZE):
            self.provider.note(FROZEN)
            time.sleep(self.freeze.total_seconds())

    def install(self) -> None:
        """Mark the points in this process's copy of the code."""
        self.provider.faults = self.of_call
        self.provider.after_effect = lambda call: self.at(AFTER_CALLS[call])
        self._mark(claims, "claim", "claimed")
        self._mark(fence, "take_way", "way taken")
        self._mark(fence, "store_references", "stored")
        self._mark(Claim, "submit", "submitted")
        self._mark(Recorder, "money", "recorded")
        setattr(Recorder, "money", self._preceded(Recorder.money, "told"))  # noqa: B010 - mypy allows no assignment
        self._mark(hosted_page, "take_way", "page's way taken")
        self._mark(hosted_page, "store_reference", "page stored")

    def _mark(self, owner: Any, name: str, point: str) -> None:
        setattr(owner, name, self._followed(getattr(owner, name), point))

    def _followed(self, function: Callable[P, T], point: str) -> Callable[P, T]:
        """Return the function with a commit that may not land or not be answered, and the point after it."""

        @wraps(function)
        def marked(*args: P.args, **kwargs: P.kwargs) -> T:
            with transaction.atomic():
                answer = function(*args, **kwargs)
                if _is_idle(answer):
                    return answer
                if self._occurs(not_landed := f"{NOT_LANDED}: {point}"):
                    self.provider.note(not_landed)
                    raise OperationalError("the connection broke before the commit")
            if self._occurs(unanswered := f"{UNANSWERED}: {point}"):
                self.provider.note(unanswered)
                connection.close()
                raise OperationalError("the connection broke after the commit")
            self.at(point)
            return answer

        return marked

    def _preceded(self, function: Callable[P, T], point: str) -> Callable[P, T]:
        @wraps(function)
        def marked(*args: P.args, **kwargs: P.kwargs) -> T:
            self.at(point)
            return function(*args, **kwargs)

        return marked

    def _occurs(self, fault: str, times: float = 1) -> bool:
        return self.chance.random() < self.probability * times * self._factors[fault]


def _is_idle(answer: object) -> bool:
    """Return True for what changed nothing, where nothing can be lost."""
    return answer is False or answer == [] or (isinstance(answer, Claim) and not answer.orders)
