"""State of one order, two chargers, its subscriber, the network and the provider."""

from enum import StrEnum
from typing import NamedTuple

NONE = -1
"""No reference, and nobody."""
SUBSCRIBER = 2
"""Number of the actor that follows the two chargers."""


class Way(StrEnum):
    """Way to pay, and the kind of object that the provider keeps for it."""

    CHARGE = "charge"
    PAGE = "page"


class Status(StrEnum):
    """Status of an object at the provider."""

    OPEN = "open"
    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"


class Phase(StrEnum):
    """Progress of an actor. `WAITS` and `TOLD` are followed by the call's answer."""

    IDLE = "idle"
    WAITS = "waits for an answer"
    TOLD = "was told"
    STORED = "acts on what is stored"


class Call(StrEnum):
    """Call to the provider."""

    OPEN = "open"
    CONFIRM = "confirm"
    CLOSE = "close"
    ASK = "ask"
    TAKE = "take at once"


class Answer(StrEnum):
    """Answer to a call."""

    OPEN = "open"
    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"


class Row(NamedTuple):
    """Database row of the order."""

    way: Way = Way.CHARGE
    reference: int = NONE
    holder: int = NONE
    """Charger with the lease."""
    unknown: bool = False
    """A call may have had its effect, so that the next charger asks."""
    paid: bool = False


class Actor(NamedTuple):
    """Charger, or a request of the subscriber. A suspended one makes no move."""

    phase: Phase = Phase.IDLE
    way: Way = Way.CHARGE
    """The way that the row had when it was read."""
    reference: int = NONE
    """The reference that was read, or was opened since."""
    call: Call = Call.OPEN
    answer: Answer = Answer.OPEN


class Kept(NamedTuple):
    """Object at the provider: a charge or a hosted page."""

    way: Way
    status: Status = Status.OPEN
    shown: bool = False
    """The subscriber has the page's address."""
    keyed: bool = False
    """The provider remembers the order's key with it."""


class Request(NamedTuple):
    """Request that has not reached the provider, or is lost."""

    call: Call
    way: Way
    reference: int
    waiter: int
    """Actor waiting for the answer, or NONE."""


class State(NamedTuple):
    """Complete state."""

    row: Row = Row()
    actors: tuple[Actor, ...] = (Actor(), Actor(), Actor())
    requests: tuple[Request, ...] = ()
    kept: tuple[Kept, ...] = ()
    paid: int = 0
    """Number of times that money moved."""
    faults_left: int = 1
    """Actors that may still be killed, and answers that may still be late or lost."""
    cancels_left: int = 1
    """Charges that the provider may still cancel by itself."""
    visits_left: int = 1
    """Visits of the subscriber to the order's page."""

    def with_actor(self, number: int, actor: Actor) -> "State":
        """Return the state with another actor."""
        return self._replace(actors=(*self.actors[:number], actor, *self.actors[number + 1 :]))

    def with_kept(self, reference: int, kept: Kept) -> "State":
        """Return the state with another object at the provider."""
        return self._replace(kept=(*self.kept[:reference], kept, *self.kept[reference + 1 :]))

    def without_request(self, request: Request) -> "State":
        """Return the state without a request."""
        index = self.requests.index(request)
        return self._replace(requests=self.requests[:index] + self.requests[index + 1 :])

    def without_waiter(self, number: int) -> "State":
        """Return the state with nobody waiting for this actor's request, which goes on."""
        requests = (request._replace(waiter=NONE) if request.waiter == number else request for request in self.requests)
        return self._replace(requests=tuple(sorted(requests)))
