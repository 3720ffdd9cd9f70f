"""State of one notification, two workers, the network and SES. Durations are in ticks."""

from enum import Enum
from typing import NamedTuple

NOBODY = -1


class Phase(Enum):
    """Progress of a worker with the row."""

    IDLE = "idle"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    CALLING = "calling"
    TOLD_SENT = "told that it is sent"
    TOLD_NOT_SENT = "told that it is not sent"
    TOLD_NOTHING = "told nothing"


class Row(NamedTuple):
    """Database row."""

    state: str = "pending"
    holder: int = NOBODY
    """Owner of its lease token."""
    lease_left: int = 0
    submitted: bool = False
    grace_left: int = 0


class Worker(NamedTuple):
    """Delivery worker. A suspended one makes no moves while time passes."""

    phase: Phase = Phase.IDLE
    since_intent: int = 0
    """Ticks by its own stopwatch."""
    tries_left: int = 0
    """Attempts that boto3 has left for this call."""


class Request(NamedTuple):
    """Request that SES has neither accepted nor lost yet."""

    waiter: int
    """Worker waiting for the response, or NOBODY."""
    left: int


class State(NamedTuple):
    """Complete state."""

    row: Row = Row()
    workers: tuple[Worker, Worker] = (Worker(), Worker())
    requests: tuple[Request, ...] = ()
    confirmations: tuple[int, ...] = ()
    """Ticks left for each Send event on its way."""
    accepted: int = 0
    """Number of mails accepted by SES."""
    crashes_left: int = 2

    def with_worker(self, number: int, worker: Worker) -> "State":
        """Return the state with another worker."""
        first, second = self.workers
        return self._replace(workers=(worker, second) if number == 0 else (first, worker))

    def with_request(self, waiter: int, left: int) -> "State":
        """Return the state with another request."""
        return self._replace(requests=(*self.requests, Request(waiter, left)))

    def without_request(self, request: Request) -> "State":
        """Return the state without a request."""
        index = self.requests.index(request)
        return self._replace(requests=self.requests[:index] + self.requests[index + 1 :])

    def without_waiter(self, number: int) -> "State":
        """Return the state with nobody waiting for this worker's requests, which continue."""
        return self._replace(
            requests=tuple(
                request._replace(waiter=NOBODY) if request.waiter == number else request for request in self.requests
            )
        )
