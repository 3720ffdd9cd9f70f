"""State of the item, two writers, two ticks, the database and time."""

from enum import StrEnum
from typing import NamedTuple

INSTANTS = (1, 2)
"""Instants at which a row may be due. Time begins at 0, at which none is."""
LAST = max(INSTANTS)
CEILING = LAST + 1
"""Highest value of the marker, later than every instant."""
OPEN = 0
"""Value of the marker that every tick finds due."""
AHEAD = 1
"""Time by which the gate opens ahead."""
SLOW = 1
"""Time by which a tick's clock may be behind that of the job."""


class Step(StrEnum):
    """Steps of a writer and of a closing job; each protocol puts them in order."""

    LOCK = "lock"
    OPEN = "open"
    COMMIT = "commit"
    UNLOCK = "unlock"
    READ_TOKEN = "read the token"
    LOOK = "look at the lock"
    COUNT = "count"
    RAISE = "raise the marker"


class Item(NamedTuple):
    """The item in the store. Its token is not here: each tick knows whether its own is still the item's."""

    marker: int = OPEN


class Row(NamedTuple):
    """Committed row that becomes due. `promised` is False if the store lost its writer's opening."""

    due: int
    promised: bool = True


class Writer(NamedTuple):
    """Session that commits a row, `done` steps on its way."""

    due: int = 0
    """0: not begun."""
    done: int = 0
    locked: bool = False
    promised: bool = True
    ended: bool = False


class Tick(NamedTuple):
    """Invocation by the schedule: idle while `awake` is False, else `done` steps on the way to close."""

    awake: bool = False
    worked: bool = False
    """Its job has run."""
    locked: bool = False
    opened: bool = False
    """The session of the job has opened the gate itself, as it changes rows."""
    done: int = 0
    current: bool = False
    """The token that it has read is still the item's."""
    seen: int = OPEN
    """Marker that it has read with the token."""
    found: int = CEILING
    """Earliest instant that it has counted."""


class State(NamedTuple):
    """Complete state."""

    now: int = 0
    item: Item = Item()
    previous: Item = Item()
    """Item before the last change, which an eventually consistent read may return."""
    rows: tuple[Row, ...] = ()
    writers: tuple[Writer, ...] = (Writer(), Writer())
    ticks: tuple[Tick, ...] = (Tick(), Tick())
    losses_left: int = 1
    """Answers of the store that may still be lost."""
    overslept: bool = False
    """A tick slept although a promised row was due."""

    def with_writer(self, number: int, writer: Writer) -> "State":
        """Return the state with another writer."""
        return self._replace(writers=(*self.writers[:number], writer, *self.writers[number + 1 :]))

    def with_tick(self, number: int, tick: Tick) -> "State":
        """Return the state with another tick."""
        return self._replace(ticks=(*self.ticks[:number], tick, *self.ticks[number + 1 :]))

    def with_marker(self, marker: int) -> "State":
        """Return the state with another marker under the same token."""
        return self._replace(item=Item(marker), previous=self.item)

    def opened(self, marker: int) -> "State":
        """Return the state with another marker and a new token, which no tick has read."""
        ticks = tuple(tick._replace(current=False) for tick in self.ticks)
        return self.with_marker(marker)._replace(ticks=ticks)

    def with_row(self, row: Row) -> "State":
        """Return the state with one more committed row."""
        return self._replace(rows=tuple(sorted((*self.rows, row))))
