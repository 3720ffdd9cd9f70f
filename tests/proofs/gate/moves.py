"""Possible moves: each is atomic, and any may be the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.proofs.gate.deeds import Deed, Move
from tests.proofs.gate.rules import ALL, Rules
from tests.proofs.gate.state import AHEAD, CEILING, INSTANTS, LAST, OPEN, SLOW, Item, Row, State, Step, Tick, Writer

WRITERS = ("writer A", "writer B")
TICK = "a tick"


@dataclass(frozen=True)
class Protocol:
    """Protocol of `foundation.gate`."""

    rules: Rules = ALL

    def moves(self, state: State, frozen: int | None = None) -> Iterator[Move]:
        """Yield all possible moves if writer `frozen` never moves again."""
        for number, writer in enumerate(state.writers):
            if number != frozen and not writer.ended:
                yield from self._write(state, number, writer)
        for number, tick in enumerate(state.ticks):
            yield from self._tick(state, number, tick)
        if state.now < LAST:
            yield Move(Deed.TIME_PASSES, state._replace(now=state.now + 1))

    def _writing(self) -> list[Step]:
        opening = [Step.LOCK, Step.OPEN] if self.rules.locked_before_opening else [Step.OPEN, Step.LOCK]
        if not self.rules.opened_before_commit:
            return [Step.LOCK, Step.COMMIT, Step.OPEN]
        return [*opening, Step.COMMIT] if self.rules.locked_until_commit else [*opening, Step.UNLOCK, Step.COMMIT]

    def _closing(self) -> list[Step]:
        looking = [Step.LOOK, Step.COUNT] if self.rules.counted_last else [Step.COUNT, Step.LOOK]
        looking = looking if self.rules.writers_awaited else [Step.COUNT]
        reading = [Step.READ_TOKEN, *looking] if self.rules.token_read_first else [*looking, Step.READ_TOKEN]
        return [*reading, Step.RAISE]

    def _write(self, state: State, number: int, writer: Writer) -> Iterator[Move]:
        name = WRITERS[number]
        if not writer.due:
            for due in INSTANTS:
                if due >= state.now:
                    yield Move(Deed.BEGINS, state.with_writer(number, Writer(due)), name)
            return
        # The end of a session gives back its lock, after what it has not committed was undone.
        yield Move(Deed.ENDS, state.with_writer(number, Writer(ended=True)), name)
        steps = self._writing()
        if writer.done == len(steps):
            return
        if not writer.promised and Step.COMMIT in steps[writer.done :]:
            yield Move(Deed.OPENS_AGAIN, state.opened(OPEN).with_writer(number, writer._replace(promised=True)), name)
        step, after = steps[writer.done], writer._replace(done=writer.done + 1)
        if step is Step.OPEN:
            yield from self._open(state, number, after)
        elif step is Step.COMMIT:
            committed = state.with_row(Row(writer.due, writer.promised))
            yield Move(Deed.COMMITS, committed.with_writer(number, after), name)
        else:
            deed = Deed.LOCKS if step is Step.LOCK else Deed.UNLOCKS
            yield Move(deed, state.with_writer(number, after._replace(locked=step is Step.LOCK)), name)

    def _open(self, state: State, number: int, after: Writer) -> Iterator[Move]:
        marker = OPEN if self.rules.opened_entirely else after.due
        yield Move(Deed.OPENS, state.opened(marker).with_writer(number, after), WRITERS[number])
        if state.losses_left and self.rules.opened_before_commit:
            lost = state.with_writer(number, after._replace(promised=False))
            yield Move(Deed.OPENING_IS_LOST, lost._replace(losses_left=state.losses_left - 1), WRITERS[number])

    def _tick(self, state: State, number: int, tick: Tick) -> Iterator[Move]:
        if not tick.awake:
            yield from self._ask(state, number)
            return
        yield Move(Deed.ENDS, state.with_tick(number, Tick()), TICK)
        yield self._work(state, number, tick) if not tick.worked else self._close(state, number, tick)

    def _ask(self, state: State, number: int) -> Iterator[Move]:
        """Yield the answers that the store may give, by each clock that the tick may have."""
        name, awake = TICK, state.with_tick(number, Tick(awake=True))
        asleep = state._replace(overslept=any(row.promised and row.due <= state.now for row in state.rows))
        if state.losses_left:
            unheard = awake if self.rules.fails_open else asleep
            yield Move(Deed.GETS_NO_ANSWER, unheard._replace(losses_left=state.losses_left - 1), name)
        items = {state.item} if self.rules.consistent else {state.item, state.previous}
        ahead = AHEAD if self.rules.opens_ahead else 0
        answers = {state.now - slow + ahead >= item.marker for item in items for slow in (0, SLOW)}
        if True in answers:
            yield Move(Deed.WAKES, awake, name)
        if False in answers:
            yield Move(Deed.SLEEPS, asleep, name)

    def _work(self, state: State, number: int, tick: Tick) -> Move:
        """Return the next step of the job, which is itself a writer where something is due."""
        name, rest = TICK, tuple(row for row in state.rows if row.due > state.now)
        if len(rest) == len(state.rows):
            return Move(Deed.HAS_NO_WORK, state.with_tick(number, tick._replace(worked=True)), name)
        if not tick.locked:
            return Move(Deed.LOCKS, state.with_tick(number, tick._replace(locked=True)), name)
        if not tick.opened:
            return Move(Deed.OPENS, state.with_tick(number, tick._replace(opened=True)).opened(OPEN), name)
        return Move(Deed.WORKS, state._replace(rows=rest).with_tick(number, tick._replace(worked=True)), name)

    def _close(self, state: State, number: int, tick: Tick) -> Move:
        name, step = TICK, self._closing()[tick.done]
        after = tick._replace(done=tick.done + 1)
        if step is Step.READ_TOKEN:
            read = after._replace(current=True, seen=state.item.marker)
            return Move(Deed.READS_TOKEN, state.with_tick(number, read), name)
        if step is Step.LOOK:
            if self._is_locked(state, number):
                return Move(Deed.SEES_A_LOCK, state.with_tick(number, Tick()), name)
            return Move(Deed.SEES_NO_LOCK, state.with_tick(number, after), name)
        if step is Step.COUNT:
            found = min([row.due for row in state.rows], default=CEILING)
            # From here on the request may be on its way while the session, and with it the lock, is gone.
            return Move(Deed.COUNTS, state.with_tick(number, after._replace(found=found, locked=False)), name)
        if not self._may_raise(state, tick):
            return Move(Deed.IS_REFUSED, state.with_tick(number, Tick()), name)
        return Move(Deed.RAISES, state.with_marker(tick.found).with_tick(number, Tick()), name)

    def _is_locked(self, state: State, number: int) -> bool:
        others = (tick.locked for other, tick in enumerate(state.ticks) if other != number)
        return any(others) or any(writer.locked for writer in state.writers)

    def _may_raise(self, state: State, tick: Tick) -> bool:
        if not self.rules.conditional:
            return True
        return tick.current if self.rules.compares_tokens else tick.seen == state.item.marker


def relevant(state: State, rules: Rules) -> State:
    """Return the state without what no later move can tell apart: ticks have no names."""
    state = state._replace(ticks=tuple(sorted(state.ticks)))
    return state._replace(previous=Item()) if rules.consistent else state
