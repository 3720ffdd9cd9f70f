"""Network, SES and time: moves without a worker."""

from collections.abc import Iterator

from tests.proofs.protocol.deeds import Deed, Move
from tests.proofs.protocol.state import NOBODY, Phase, Request, Row, State, Worker
from tests.proofs.protocol.timing import Timing


def moves(state: State, timing: Timing) -> Iterator[Move]:
    """Yield the moves; time passes unless a request or confirmation is overdue."""
    for request in set(state.requests):
        yield from _arrivals(state, request, timing)
    if state.confirmations:
        row = Row(state="sent") if state.row.state in {"pending", "sending", "unknown"} else state.row
        yield Move(Deed.CONFIRMATION_ARRIVES, state._replace(row=row, confirmations=state.confirmations[1:]))
    if all(request.left for request in state.requests) and all(state.confirmations):
        yield Move(Deed.TIME_PASSES, _later(state, timing))


def _arrivals(state: State, request: Request, timing: Timing) -> Iterator[Move]:
    """Yield the moves in which SES accepts or loses the request, and the waiting worker learns of it or not."""
    gone = state.without_request(request)
    taken = gone._replace(accepted=gone.accepted + 1, confirmations=(*gone.confirmations, timing.confirmation))
    yield Move(Deed.SES_ACCEPTS, taken)
    yield Move(Deed.REQUEST_IS_LOST, gone)
    if (number := request.waiter) != NOBODY:
        yield Move(Deed.SES_ACCEPTS_AND_TELLS, taken.with_worker(number, Worker(Phase.TOLD_SENT)), number)
        yield Move(Deed.SES_REFUSES, gone.with_worker(number, Worker(Phase.TOLD_NOT_SENT)), number)


def _later(state: State, timing: Timing) -> State:
    first, second = state.workers
    return state._replace(
        row=_older(state.row, timing),
        workers=(_longer(first, timing), _longer(second, timing)),
        requests=tuple(request._replace(left=request.left - 1) for request in state.requests),
        confirmations=tuple(left - 1 for left in state.confirmations),
    )


def _older(row: Row, timing: Timing) -> Row:
    """Return the row with durations beyond any clock's lead cut off."""
    over = -1 - timing.skew
    if row.state == "sending":
        return row._replace(lease_left=max(over, row.lease_left - 1))
    if row.state == "unknown":
        return row._replace(grace_left=max(over, row.grace_left - 1))
    return row


def _longer(worker: Worker, timing: Timing) -> Worker:
    if worker.phase is not Phase.SUBMITTED:
        return worker
    return worker._replace(since_intent=min(timing.calls, worker.since_intent + 1))
