"""Network, provider and time: moves without an actor."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.proofs.charging.deeds import Deed, Move
from tests.proofs.charging.rules import EVERYTHING, Surroundings
from tests.proofs.charging.state import NONE, Actor, Answer, Call, Kept, Phase, Request, State, Status, Way


@dataclass(frozen=True)
class Provider:
    """Provider that answers late, twice or never, and has the last word on what was paid."""

    surroundings: Surroundings = EVERYTHING

    def moves(self, state: State) -> Iterator[Move]:
        """Yield the moves of requests, of what the provider keeps, and of webhooks."""
        for request in set(state.requests):
            yield from self._arrivals(state, request)
            if request.waiter == NONE:
                yield Move(Deed.REQUEST_IS_LOST, state.without_request(request))
        for reference, kept in enumerate(state.kept):
            yield from self._by_itself(state, reference, kept)
        if self.surroundings.forgetful and any(kept.keyed for kept in state.kept):
            forgotten = tuple(kept._replace(keyed=False) for kept in state.kept)
            yield Move(Deed.KEY_IS_FORGOTTEN, state._replace(kept=forgotten))
        if not state.row.paid and state.paid:
            row = state.row._replace(paid=True, unknown=False)
            yield Move(Deed.WEBHOOK_ARRIVES, state._replace(row=row))

    def _arrivals(self, state: State, request: Request) -> Iterator[Move]:
        gone = state.without_request(request)
        if request.call is Call.OPEN:
            opened = gone._replace(kept=(*gone.kept, Kept(request.way)))
            new = request._replace(reference=len(gone.kept))
            yield Move(Deed.OBJECT_OPENS, _answered(opened, new, Answer.OPEN), request.waiter)
        elif request.call is Call.TAKE:
            yield from self._taken(gone, request)
        elif request.call is Call.CONFIRM:
            yield from self._confirmed(gone, request)
        else:
            yield Move(Deed.ANSWERS, _asked(gone, request), request.waiter)

    def _taken(self, gone: State, request: Request) -> Iterator[Move]:
        if any(kept.keyed for kept in gone.kept):
            yield Move(Deed.REPEATS, _answered(gone, request, Answer.PAID), request.waiter)
            return
        kept = Kept(request.way, Status.PAID, keyed=self.surroundings.keys)
        taken = gone._replace(kept=(*gone.kept, kept), paid=gone.paid + 1)
        yield Move(Deed.MONEY_MOVES, _answered(taken, request, Answer.PAID), request.waiter)
        yield Move(Deed.DECLINES, _answered(gone, request, Answer.OPEN), request.waiter)

    def _confirmed(self, gone: State, request: Request) -> Iterator[Move]:
        kept = gone.kept[request.reference]
        if kept.status is not Status.OPEN:
            yield Move(Deed.ANSWERS, _asked(gone, request), request.waiter)
            return
        paid = gone.with_kept(request.reference, kept._replace(status=Status.PAID))._replace(paid=gone.paid + 1)
        yield Move(Deed.MONEY_MOVES, _answered(paid, request, Answer.PAID), request.waiter)
        yield Move(Deed.DECLINES, _answered(gone, request, Answer.OPEN), request.waiter)
        if self.surroundings.delays:
            pending = gone.with_kept(request.reference, kept._replace(status=Status.PENDING))
            yield Move(Deed.IS_PENDING, _answered(pending, request, Answer.PENDING), request.waiter)
        if gone.cancels_left:
            cancelled = gone.with_kept(request.reference, kept._replace(status=Status.CLOSED))
            cancelled = cancelled._replace(cancels_left=gone.cancels_left - 1)
            yield Move(Deed.GIVES_UP, _answered(cancelled, request, Answer.CLOSED), request.waiter)

    def _by_itself(self, state: State, reference: int, kept: Kept) -> Iterator[Move]:
        """Yield what happens to an object without any request of ours."""
        if kept.status is Status.PENDING:
            arrived = state.with_kept(reference, kept._replace(status=Status.PAID))
            yield Move(Deed.MONEY_ARRIVES, arrived._replace(paid=state.paid + 1))
            # A page is used up by then; a charge may be tried again.
            after = Status.CLOSED if kept.way is Way.PAGE else Status.OPEN
            yield Move(Deed.MONEY_FAILS, state.with_kept(reference, kept._replace(status=after)))
        if kept.way is Way.PAGE and kept.status is Status.OPEN:
            yield Move(Deed.PAGE_EXPIRES, state.with_kept(reference, kept._replace(status=Status.CLOSED)))
            if kept.shown:
                paid = state.with_kept(reference, kept._replace(status=Status.PAID))
                yield Move(Deed.SUBSCRIBER_PAYS, paid._replace(paid=state.paid + 1))
                if self.surroundings.delays:
                    yield Move(Deed.IS_PENDING, state.with_kept(reference, kept._replace(status=Status.PENDING)))


def _asked(gone: State, request: Request) -> State:
    """Return the state after the answer. What is open is closed first if that was asked for."""
    kept = gone.kept[request.reference]
    if request.call is Call.CLOSE and kept.status is Status.OPEN:
        kept = kept._replace(status=Status.CLOSED)
        gone = gone.with_kept(request.reference, kept)
    return _answered(gone, request, Answer(kept.status.value))


def _answered(state: State, request: Request, answer: Answer) -> State:
    if request.waiter == NONE:
        return state
    actor = state.actors[request.waiter]
    return state.with_actor(
        request.waiter,
        Actor(Phase.TOLD, actor.way, request.reference, request.call, answer),
    )
