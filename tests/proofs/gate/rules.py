"""Rules of the protocol. Each can be removed, to see its effect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Rules; all of them hold in the code."""

    opened_before_commit: bool = True
    """A writer opens the gate before it commits; otherwise only afterwards."""
    locked_before_opening: bool = True
    """A writer takes the lock before it opens the gate; otherwise afterwards."""
    locked_until_commit: bool = True
    """A writer keeps the lock until its session ends; otherwise it gives it back before it commits."""
    opened_entirely: bool = True
    """A writer sets the marker to zero; otherwise to the instant of its own row."""
    conditional: bool = True
    """The marker is raised on a condition; otherwise whatever happened meanwhile."""
    compares_tokens: bool = True
    """The condition is the token, which no two openings share; otherwise the marker's value."""
    token_read_first: bool = True
    """The token is read before anything is looked at; otherwise after the rows are counted."""
    writers_awaited: bool = True
    """The marker stays while another session holds the lock; otherwise writers are not looked for."""
    counted_last: bool = True
    """The rows are counted after the lock was looked at; otherwise before."""
    fails_open: bool = True
    """A tick that gets no answer runs its job; otherwise it sleeps."""
    opens_ahead: bool = True
    """The gate opens ahead of the instant, by more than two clocks differ; otherwise at the instant itself."""
    consistent: bool = True
    """A tick's answer is the item as it is now; otherwise it may be the one before."""


ALL = Rules()
