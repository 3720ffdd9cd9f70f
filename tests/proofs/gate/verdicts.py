"""Forbidden and final states."""

from tests.proofs.exploration import Exploration
from tests.proofs.gate.deeds import Move
from tests.proofs.gate.moves import Protocol, relevant
from tests.proofs.gate.state import OPEN, State


def is_closed_over_a_row(state: State) -> bool:
    """Return True if the marker is later than a promised row."""
    return any(row.promised and row.due < state.item.marker for row in state.rows)


def is_overslept(state: State) -> bool:
    """Return True if a tick slept although a promised row was due."""
    return state.overslept


def is_closed(state: State) -> bool:
    """Return True if the marker is not the one that every tick finds due."""
    return state.item.marker > OPEN


def exploration_of(protocol: Protocol, start: State) -> Exploration[State, Move]:
    """Return an exploration in which states that no later move can tell apart are the same."""
    return Exploration(start, protocol.moves, lambda move: relevant(move.state, protocol.rules))


def story_of(way: list[Move]) -> str:
    """Return a line per step of a path."""
    return "\n".join(f"{number:4} {move}" for number, move in enumerate(way, 1))
