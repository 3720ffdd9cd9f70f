"""Faults of the network and of the provider, planned one by one or by chance."""

import random
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from infra.local_provider.errors import InvalidControl


class Fault(StrEnum):
    """A fault of one call of the API."""

    LOST_BEFORE = "lost_before"
    """The request never arrives: the connection closes, and nothing happened."""
    LOST_AFTER = "lost_after"
    """The operation runs, and its answer never arrives."""
    ERROR_BEFORE = "error_before"
    """Status 500, and the operation did not run."""
    ERROR_AFTER = "error_after"
    """Status 500, although the operation ran."""
    GARBAGE_AFTER = "garbage_after"
    """The operation runs, and its answer is no JSON."""
    RATE_LIMITED = "rate_limited"
    """Status 429, and nothing happened."""
    LOCK_TIMEOUT = "lock_timeout"
    """Status 429 with the code `lock_timeout`, and nothing happened."""


@dataclass(frozen=True)
class PlannedFault:
    """A fault of a call whose method and path contain `of`, such as `/confirm`."""

    fault: Fault
    of: str = ""


class Faults:
    """Faults to come, and the number of those that came. GET has planned ones only, none by chance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: deque[PlannedFault] = deque()
        self._rates: Mapping[Fault, float] = {}
        self._random = random.Random(0)  # noqa: S311 - repeatable, not secret
        self._hits: Counter[Fault] = Counter()

    @property
    def hits(self) -> dict[str, int]:
        """Number of faults that came, by name."""
        with self._lock:
            return {str(fault): self._hits[fault] for fault in Fault}

    def plan(self, name: str, count: int = 1, of: str = "") -> None:
        """Plan faults of the next calls that match. Raises InvalidControl."""
        with self._lock:
            self._planned.extend([PlannedFault(_fault(name), of)] * count)

    def set_rates(self, rates: Mapping[str, float], seed: int = 0) -> None:
        """Replace the probabilities of faults per call. Raises InvalidControl."""
        named = {_fault(name): float(rate) for name, rate in rates.items()}
        if sum(named.values()) > 1 or any(rate < 0 for rate in named.values()):
            raise InvalidControl("rates are probabilities, and their sum is at most 1")
        with self._lock:
            self._rates, self._random = named, random.Random(seed)  # noqa: S311 - repeatable, not secret

    def clear(self) -> None:
        """Plan nothing any more."""
        with self._lock:
            self._planned.clear()
            self._rates = {}

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault of this call, and count it."""
        with self._lock:
            fault = self._planned_for(f"{method} {path}") or (None if method == "GET" else self._by_chance())
            if fault:
                self._hits[fault] += 1
            return fault

    def _planned_for(self, call: str) -> Fault | None:
        for planned in self._planned:
            if planned.of in call:
                self._planned.remove(planned)
                return planned.fault
        return None

    def _by_chance(self) -> Fault | None:
        if not self._rates:
            return None
        drawn = self._random.random()
        for fault, rate in self._rates.items():
            if drawn < rate:
                return fault
            drawn -= rate
        return None


def _fault(name: str) -> Fault:
    try:
        return Fault(name)
    except ValueError:
        raise InvalidControl(f"{name} is no fault. Use one of {', '.join(Fault)}") from None
