"""Exploration of all reachable states by shortest paths."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tests.proofs.protocol.deeds import Move
from tests.proofs.protocol.state import State

Moves = Callable[[State], Iterable[Move]]
Predicate = Callable[[State], bool]


@dataclass
class Exploration:
    """Breadth-first search of all states."""

    moves: Moves
    came_from: dict[State, tuple[State, Move] | None] = field(default_factory=dict, init=False)
    """Predecessor and move by reached state."""

    def first(self, is_wrong: Predicate) -> State | None:
        """Explore all states, or up to the first wrong one, and return that."""
        start = State()
        self.came_from = {start: None}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            if is_wrong(state):
                return state
            for move in self.moves(state):
                if move.state not in self.came_from:
                    self.came_from[move.state] = (state, move)
                    queue.append(move.state)
        return None

    def way_to(self, state: State) -> list[Move]:
        """Return the shortest path to the state."""
        way = []
        while origin := self.came_from[state]:
            state, move = origin
            way.append(move)
        return way[::-1]


def without_a_way_out(states: Collection[State], moves: Moves, is_final: Predicate) -> set[State]:
    """Return the states from which no final one is reachable."""
    origins: dict[State, list[State]] = defaultdict(list)
    for state in states:
        for move in moves(state):
            origins[move.state].append(state)
    reached = {state for state in states if is_final(state)}
    queue = deque(reached)
    while queue:
        for origin in origins[queue.popleft()]:
            if origin not in reached:
                reached.add(origin)
                queue.append(origin)
    return set(states) - reached
