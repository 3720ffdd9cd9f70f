"""Rules of the protocol. Each can be removed, to see its effect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Rules; all of them hold in the code."""

    single_attempt: bool = True
    """boto3 does not retry calls."""
    intent: bool = True
    """An intent is recorded before sending, in its own UPDATE."""
    fence: bool = True
    """Writes to a row name the lease."""
    unknown: bool = True
    """Possibly sent rows wait for confirmation."""
    enough_grace: bool = True
    """The wait is longer than the time for a request and its confirmation."""
    database_clock: bool = True
    """All times are the database's."""
    deadline: bool = True
    """A call starts at most DELIVERY_CALLS after its intent, by the process's own stopwatch."""


ALL = Rules()
