"""Forbidden and final states."""

from tests.proofs.charging.deeds import Move
from tests.proofs.charging.moves import Protocol
from tests.proofs.charging.state import State
from tests.proofs.exploration import Exploration


def is_paid_twice(state: State) -> bool:
    """Return True if money moved more than once for the order."""
    return state.paid > 1


def is_given(state: State) -> bool:
    """Return True if the order is paid in our database and no money moved."""
    return state.row.paid and not state.paid


def explore(protocol: Protocol, start: State) -> tuple[Exploration[State, Move], State | None]:
    """Return all states up to the nearest forbidden one, and that one."""
    exploration = Exploration(start, protocol.moves, lambda move: move.state)
    return exploration, exploration.first(lambda state: is_paid_twice(state) or is_given(state))


def story_of(way: list[Move]) -> str:
    """Return a line per step of a path."""
    return "\n".join(f"{number:4} {move}" for number, move in enumerate(way, 1))
