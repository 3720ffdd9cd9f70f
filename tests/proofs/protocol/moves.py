"""Possible moves: each is atomic, and any may be the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.proofs.protocol import network
from tests.proofs.protocol.deeds import Deed, Move
from tests.proofs.protocol.rules import ALL, Rules
from tests.proofs.protocol.state import NOBODY, Phase, Row, State, Worker
from tests.proofs.protocol.timing import Timing

UNSENT = Row()
SENT = Row(state="sent")


@dataclass(frozen=True)
class Protocol:
    """Protocol of `notifications.outbox.claims` and `notifications.outbox.delivery` for one mail."""

    timing: Timing
    rules: Rules = ALL

    def moves(self, state: State, frozen: int = NOBODY) -> Iterator[Move]:
        """Yield all possible moves if worker `frozen` never moves again."""
        for number in range(len(state.workers)):
            if number != frozen:
                yield from self._work(state, number)
        yield from network.moves(state, self.timing)

    def _work(self, state: State, number: int) -> Iterator[Move]:
        phase = state.workers[number].phase
        step: Callable[[State, int], Iterator[Move]] = {
            Phase.IDLE: self._begin,
            Phase.CLAIMED: self._submit,
            Phase.SUBMITTED: self._call,
            Phase.CALLING: self._give_up,
        }.get(phase, self._finish)
        yield from step(state, number)
        if state.crashes_left and phase is not Phase.IDLE:
            crashed = state.without_waiter(number).with_worker(number, Worker())
            yield Move(Deed.IS_KILLED, crashed._replace(crashes_left=state.crashes_left - 1), number)

    def _begin(self, state: State, number: int) -> Iterator[Move]:
        """Yield the moves of a run on the row: taking it over, ending its wait, or claiming it."""
        row, clock = state.row, self._clock(number)
        if row.state == "sending" and row.lease_left - clock <= 0:
            found = self._unknown(number) if row.submitted else UNSENT
            yield Move(Deed.FINDS_LEASE_ENDED, state._replace(row=found), number)
        if row.state == "unknown" and row.grace_left - clock <= 0:
            yield Move(Deed.FINDS_GRACE_OVER, state._replace(row=UNSENT), number)
        if row.state == "pending":
            held = Row(state="sending", holder=number, lease_left=self.timing.lease + clock)
            yield Move(Deed.CLAIMS, state.with_worker(number, Worker(Phase.CLAIMED))._replace(row=held), number)

    def _submit(self, state: State, number: int) -> Iterator[Move]:
        row = state.row
        if not self._holds(state, number) or row.lease_left - self._clock(number) <= self.timing.calls:
            yield Move(Deed.MAY_NOT_SEND, state.with_worker(number, Worker()), number)
            return
        submitted = state.with_worker(number, Worker(Phase.SUBMITTED))
        if self.rules.intent:
            yield Move(Deed.SUBMITS, submitted._replace(row=row._replace(submitted=True)), number)
        else:
            yield Move(Deed.SKIPS_INTENT, submitted, number)

    def _call(self, state: State, number: int) -> Iterator[Move]:
        if self.rules.deadline and state.workers[number].since_intent >= self.timing.calls:
            yield Move(Deed.IS_TOO_LATE, state.with_worker(number, Worker(Phase.TOLD_NOT_SENT)), number)
            return
        calling = Worker(Phase.CALLING, tries_left=0 if self.rules.single_attempt else 1)
        called = state.with_worker(number, calling).with_request(number, self.timing.network)
        yield Move(Deed.CALLS, called, number)

    def _give_up(self, state: State, number: int) -> Iterator[Move]:
        """Yield the moves of an attempt whose response is lost, invalid or late."""
        worker = state.workers[number]
        unawaited = state.without_waiter(number)
        if worker.tries_left:
            again = unawaited.with_worker(number, worker._replace(tries_left=worker.tries_left - 1))
            yield Move(Deed.CALLS_AGAIN, again.with_request(number, self.timing.network), number)
        else:
            yield Move(Deed.GETS_NO_ANSWER, unawaited.with_worker(number, Worker(Phase.TOLD_NOTHING)), number)

    def _finish(self, state: State, number: int) -> Iterator[Move]:
        done = state.with_worker(number, Worker())
        if not self._holds(state, number):
            yield Move(Deed.WRITES_NOTHING, done, number)
            return
        deed, row = {
            Phase.TOLD_SENT: (Deed.WRITES_SENT, SENT),
            Phase.TOLD_NOT_SENT: (Deed.WRITES_NOT_SENT, UNSENT),
            Phase.TOLD_NOTHING: (Deed.WRITES_UNKNOWN, self._unknown(number)),
        }[state.workers[number].phase]
        yield Move(deed, done._replace(row=row), number)

    def _holds(self, state: State, number: int) -> bool:
        return state.row.state == "sending" and (not self.rules.fence or state.row.holder == number)

    def _unknown(self, number: int) -> Row:
        if not self.rules.unknown:
            return UNSENT
        grace = self.timing.grace if self.rules.enough_grace else self.timing.confirmation
        return Row(state="unknown", grace_left=grace + self._clock(number))

    def _clock(self, number: int) -> int:
        """Return the lead of the clock used by this worker over the database's."""
        return 0 if self.rules.database_clock else number * self.timing.skew
