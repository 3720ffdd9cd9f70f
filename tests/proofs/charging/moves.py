"""Possible moves: each is atomic, and any may be the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.proofs.charging.deeds import Deed, Move
from tests.proofs.charging.provider import Provider
from tests.proofs.charging.rules import ALL, EVERYTHING, Rules, Surroundings
from tests.proofs.charging.state import NONE, SUBSCRIBER, Actor, Answer, Call, Phase, Request, Row, State, Way
from tests.proofs.charging.unreachable import without_the_unreachable


@dataclass(frozen=True)
class Protocol:
    """Protocol of `payments.charging` and `payments.orders.fence` for one order."""

    rules: Rules = ALL
    surroundings: Surroundings = EVERYTHING

    def moves(self, state: State, frozen: int = NONE) -> Iterator[Move]:
        """Yield all possible moves if actor `frozen` never moves again."""
        for move in self._every(state, frozen):
            yield move._replace(state=without_the_unreachable(move.state))

    def _every(self, state: State, frozen: int) -> Iterator[Move]:
        for number, actor in enumerate(state.actors):
            if number != frozen:
                yield from self._act(state, number, actor)
        yield from Provider(self.surroundings).moves(state)

    def _act(self, state: State, number: int, actor: Actor) -> Iterator[Move]:
        step: Callable[[State, int, Actor], Iterator[Move]] = {
            Phase.IDLE: self._begin,
            Phase.WAITS: self._wait,
            Phase.TOLD: self._hear,
            Phase.STORED: self._act_on,
        }[actor.phase]
        yield from step(state, number, actor)
        # Killed while it waits is the same as no answer: anybody may claim, as any lease may have ended.
        if state.faults_left and actor.phase in {Phase.TOLD, Phase.STORED}:
            dead = state.with_actor(number, Actor())
            yield Move(Deed.IS_KILLED, dead._replace(faults_left=state.faults_left - 1), number)

    def _begin(self, state: State, number: int, actor: Actor) -> Iterator[Move]:
        """Yield the first move of a charger, which claims the order if any other lease has ended, or of a visit."""
        row = state.row
        if row.paid:
            return
        if number != SUBSCRIBER:
            yield self._choose(state._replace(row=row._replace(holder=number)), number)
        elif self.surroundings.page and state.visits_left:
            yield self._choose(state._replace(visits_left=state.visits_left - 1), number)

    def _choose(self, state: State, number: int) -> Move:
        """Return the one move that follows from what is read.

        One that is suspended before its call is covered by a request that arrives late.
        """
        row, seen = state.row, Actor(way=state.row.way, reference=state.row.reference)
        if number != SUBSCRIBER and not self.rules.no_key_alone:
            return Move(Deed.TAKES_AT_ONCE, _called(state, number, seen, Call.TAKE), number)
        if row.way is not _way(number):
            if row.reference != NONE and self.rules.close_first:
                return Move(Deed.CLOSES, _called(state, number, seen, Call.CLOSE), number)
            return self._take_way(state, number, seen)
        if row.reference == NONE:
            return self._open(state, number)
        if number != SUBSCRIBER and not row.unknown:
            return self._use(state, number, seen)
        if self.rules.seen_cancelled:
            return Move(Deed.ASKS, _called(state, number, seen, Call.ASK), number)
        return self._replace_reference(state, number, seen)

    def _wait(self, state: State, number: int, actor: Actor) -> Iterator[Move]:
        if state.faults_left:
            unheard = _ended(state.without_waiter(number), number)
            yield Move(Deed.GETS_NO_ANSWER, unheard._replace(faults_left=state.faults_left - 1), number)

    def _hear(self, state: State, number: int, actor: Actor) -> Iterator[Move]:
        if actor.answer is Answer.PAID:
            row = state.row._replace(paid=True, unknown=False)
            yield Move(Deed.RECORDS, _ended(state._replace(row=row), number), number)
        elif actor.call is Call.OPEN and actor.answer is Answer.OPEN:
            yield self._store(state, number, actor)
        elif actor.call is Call.CLOSE and actor.answer is Answer.CLOSED:
            yield self._take_way(state, number, actor)
        elif actor.call in {Call.ASK, Call.CONFIRM} and actor.answer is Answer.CLOSED:
            yield self._replace_reference(state, number, actor)
        elif actor.call is Call.ASK and actor.answer is Answer.OPEN:
            yield self._use(state, number, actor)
        else:
            yield Move(Deed.ENDS, _declined(state, number, actor), number)

    def _open(self, state: State, number: int, deed: Deed = Deed.OPENS) -> Move:
        return Move(deed, _called(state, number, Actor(way=_way(number)), Call.OPEN), number)

    def _act_on(self, state: State, number: int, actor: Actor) -> Iterator[Move]:
        yield self._use(state, number, actor)

    def _use(self, state: State, number: int, actor: Actor) -> Move:
        """Return the confirmation of a charge, or show the page."""
        row = state.row
        if number == SUBSCRIBER:
            shown = state.with_kept(actor.reference, state.kept[actor.reference]._replace(shown=True))
            return Move(Deed.SHOWS, _ended(shown, number), number)
        if row.paid or (self.rules.stored_only and (row.way, row.reference) != (Way.CHARGE, actor.reference)):
            return Move(Deed.MAY_NOT_SUBMIT, _ended(state, number), number)
        submitted = state._replace(row=row._replace(unknown=True))
        return Move(Deed.SUBMITS, _called(submitted, number, actor, Call.CONFIRM), number)

    def _take_way(self, state: State, number: int, actor: Actor) -> Move:
        row = state.row
        if not self.rules.fence:
            return self._open(state, number, Deed.TAKES_NO_WAY)
        if row.paid or (row.way, row.reference) != (actor.way, actor.reference):
            return Move(Deed.LOSES_THE_WAY, _ended(state, number), number)
        taken = state._replace(row=row._replace(way=_way(number), reference=NONE, unknown=False))
        return self._open(taken, number, Deed.TAKES_THE_WAY)

    def _replace_reference(self, state: State, number: int, actor: Actor) -> Move:
        row = state.row
        if row.paid or (row.way, row.reference) != (_way(number), actor.reference):
            return Move(Deed.LOSES_THE_WAY, _ended(state, number), number)
        dropped = state._replace(row=row._replace(reference=NONE, unknown=False))
        return self._open(dropped, number, Deed.REPLACES)

    def _store(self, state: State, number: int, actor: Actor) -> Move:
        row = state.row
        is_free = not self.rules.stored_only or row.reference == NONE
        is_ours = row.way is _way(number)
        may_store = is_ours and is_free if self.rules.fence else not is_ours or is_free
        if row.paid or not may_store:
            return Move(Deed.STORES_NOTHING, _ended(state, number), number)
        stored: Row = row._replace(way=_way(number), reference=actor.reference, unknown=False)
        acting = Actor(Phase.STORED, _way(number), actor.reference)
        return Move(Deed.STORES, state._replace(row=stored).with_actor(number, acting), number)


def _way(number: int) -> Way:
    return Way.PAGE if number == SUBSCRIBER else Way.CHARGE


def _called(state: State, number: int, actor: Actor, call: Call) -> State:
    """Return the state with the actor waiting for a call."""
    request = Request(call, _way(number), actor.reference, number)
    requests = tuple(sorted((*state.requests, request)))
    return state._replace(requests=requests).with_actor(number, actor._replace(phase=Phase.WAITS, call=call))


def _ended(state: State, number: int) -> State:
    """Return the state without the actor's work and lease."""
    row = state.row._replace(holder=NONE) if state.row.holder == number else state.row
    return state._replace(row=row).with_actor(number, Actor())


def _declined(state: State, number: int, actor: Actor) -> State:
    """Return the state after an answer that ends the run. A decline settles what was unknown, under the lease only."""
    is_settled = actor.call is Call.CONFIRM and actor.answer is Answer.OPEN and state.row.holder == number
    row = state.row._replace(unknown=False) if is_settled else state.row
    return _ended(state._replace(row=row), number)
