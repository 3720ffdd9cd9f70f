"""Exploration of all reachable states of a model by shortest paths."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

StateT = TypeVar("StateT", bound=Hashable)
MoveT = TypeVar("MoveT")


@dataclass
class Exploration(Generic[StateT, MoveT]):
    """Breadth-first search of all states from `start`. `after` returns the state to which a move leads."""

    start: StateT
    moves: Callable[[StateT], Iterable[MoveT]]
    after: Callable[[MoveT], StateT]
    came_from: dict[StateT, tuple[StateT, MoveT] | None] = field(default_factory=dict, init=False)
    """Predecessor and move by reached state."""

    def first(self, is_wrong: Callable[[StateT], bool]) -> StateT | None:
        """Explore all states, or up to the first wrong one, and return that."""
        self.came_from = {self.start: None}
        queue = deque([self.start])
        while queue:
            state = queue.popleft()
            if is_wrong(state):
                return state
            for move in self.moves(state):
                if (reached := self.after(move)) not in self.came_from:
                    self.came_from[reached] = (state, move)
                    queue.append(reached)
        return None

    def way_to(self, state: StateT) -> list[MoveT]:
        """Return the shortest path to the state."""
        way = []
        while origin := self.came_from[state]:
            state, move = origin
            way.append(move)
        return way[::-1]


def without_a_way_out(
    states: Collection[StateT],
    successors: Callable[[StateT], Iterable[StateT]],
    is_final: Callable[[StateT], bool],
) -> set[StateT]:
    """Return the states from which no final one is reachable."""
    origins: dict[StateT, list[StateT]] = defaultdict(list)
    for state in states:
        for reached in successors(state):
            origins[reached].append(state)
    final = {state for state in states if is_final(state)}
    queue = deque(final)
    while queue:
        for origin in origins[queue.popleft()]:
            if origin not in final:
                final.add(origin)
                queue.append(origin)
    return set(states) - final
