"""One notification, two deliverers, the network and SES, at one instant. Durations are in ticks."""

from enum import Enum
from typing import NamedTuple

NOBODY = -1


class Phase(Enum):
    """How far a deliverer has come with the row."""

    IDLE = "idle"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    CALLING = "calling"
    TOLD_SENT = "told that it is sent"
    TOLD_NOT_SENT = "told that it is not sent"
    TOLD_NOTHING = "told nothing"


class Row(NamedTuple):
    """The row in the database."""

    state: str = "pending"
    holder: int = NOBODY
    """Whose lease token it bears."""
    lease_left: int = 0
    submitted: bool = False
    grace_left: int = 0


class Worker(NamedTuple):
    """A deliverer. That it is frozen needs no word: it is one that makes no move while time passes."""

    phase: Phase = Phase.IDLE
    since_intent: int = 0
    """By its stop-watch."""
    tries_left: int = 0
    """Of boto3, for this call."""


class Request(NamedTuple):
    """A request that SES has neither taken nor lost yet."""

    waiter: int
    """The worker that waits for the answer, or NOBODY."""
    left: int


class State(NamedTuple):
    """All of it."""

    row: Row = Row()
    workers: tuple[Worker, Worker] = (Worker(), Worker())
    requests: tuple[Request, ...] = ()
    confirmations: tuple[int, ...] = ()
    """What is left for each of SES's Send events that are on their way."""
    accepted: int = 0
    """Mails that SES took."""
    crashes_left: int = 2

    def with_worker(self, number: int, worker: Worker) -> "State":
        """The same, but for one worker."""
        first, second = self.workers
        return self._replace(workers=(worker, second) if number == 0 else (first, worker))

    def with_request(self, waiter: int, left: int) -> "State":
        """The same, with one more request."""
        return self._replace(requests=(*self.requests, Request(waiter, left)))

    def without_request(self, request: Request) -> "State":
        """The same, with one request less."""
        index = self.requests.index(request)
        return self._replace(requests=self.requests[:index] + self.requests[index + 1 :])

    def without_waiter(self, number: int) -> "State":
        """The same, but nobody waits for the answers to this worker's requests; they are under way nevertheless."""
        return self._replace(
            requests=tuple(
                request._replace(waiter=NOBODY) if request.waiter == number else request for request in self.requests
            )
        )
