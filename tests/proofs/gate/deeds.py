"""Moves in words."""

from enum import Enum
from typing import NamedTuple

from tests.proofs.gate.state import State


class Deed(Enum):
    """Move without its result."""

    BEGINS = "{name} begins to write a row"
    LOCKS = "{name} takes the lock"
    OPENS = "{name} opens the gate"
    OPENING_IS_LOST = "{name} opens the gate, and the store loses it"
    OPENS_AGAIN = "{name} opens the gate, whose first opening the store has lost"
    COMMITS = "{name} commits"
    UNLOCKS = "{name} gives the lock back"
    ENDS = "{name} ends, or is killed"
    TIME_PASSES = "time passes"
    SLEEPS = "{name} is told that nothing is due, and sleeps"
    WAKES = "{name} is told that something may be due, and runs its job"
    GETS_NO_ANSWER = "{name} gets no answer"
    WORKS = "{name} changes what is due, and commits"
    HAS_NO_WORK = "{name} finds nothing due"
    READS_TOKEN = "{name} reads the token"
    SEES_NO_LOCK = "{name} finds that no other session holds the lock"
    SEES_A_LOCK = "{name} finds that another session holds the lock, and leaves the gate open"
    COUNTS = "{name} reads the earliest instant"
    RAISES = "{name} raises the marker"
    IS_REFUSED = "{name} finds that the item has changed, and leaves the gate open"


class Move(NamedTuple):
    """Deed with its actor and the resulting state."""

    deed: Deed
    state: State
    name: str = ""

    def __str__(self) -> str:
        return self.deed.value.format(name=self.name)
