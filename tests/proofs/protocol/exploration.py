"""Every state that can be reached, the shortest way first."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tests.proofs.protocol.deeds import Move
from tests.proofs.protocol.state import State

Moves = Callable[[State], Iterable[Move]]
Predicate = Callable[[State], bool]


@dataclass
class Exploration:
    """A walk through all states, breadth first."""

    moves: Moves
    came_from: dict[State, tuple[State, Move] | None] = field(default_factory=dict, init=False)
    """For each state that was reached, the move that led there, and from where."""

    def first(self, is_wrong: Predicate) -> State | None:
        """Go through all states, or to the nearest one that is wrong, and return that."""
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
        """The shortest way there."""
        way = []
        while origin := self.came_from[state]:
            state, move = origin
            way.append(move)
        return way[::-1]


def without_a_way_out(states: Collection[State], moves: Moves, is_final: Predicate) -> set[State]:
    """The states from which no final one can be reached."""
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
