"""Forbidden and final states."""

from tests.proofs.exploration import Exploration
from tests.proofs.protocol.deeds import Move
from tests.proofs.protocol.moves import Protocol
from tests.proofs.protocol.state import State


def is_told_twice(state: State) -> bool:
    """Return True if SES accepted a second mail."""
    return state.accepted > 1


def is_wrongly_sent(state: State) -> bool:
    """Return True if the row is `sent` but SES accepted nothing."""
    return state.row.state == "sent" and not state.accepted


def is_final(state: State) -> bool:
    """Return True if nobody will change the row again."""
    return state.row.state == "sent"


def explore(protocol: Protocol) -> tuple[Exploration[State, Move], State | None]:
    """Return all states up to the nearest forbidden one, and that one."""
    exploration = Exploration(State(), protocol.moves, lambda move: move.state)
    return exploration, exploration.first(lambda state: is_told_twice(state) or is_wrongly_sent(state))
