"""The rules that the protocol stands on. Each can be taken away, to see what it is good for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """All of them hold in the code."""

    single_attempt: bool = True
    """boto3 does not repeat a call."""
    intent: bool = True
    """What is about to be sent is noted before, in an UPDATE of its own."""
    fence: bool = True
    """Who writes to a row names the lease that it holds."""
    unknown: bool = True
    """What may have been sent waits for its confirmation."""
    enough_grace: bool = True
    """The wait is longer than a request and its confirmation can take."""
    database_clock: bool = True
    """All times are the database's."""
    deadline: bool = True
    """A call does not begin later than DELIVERY_CALLS after its intent, by the deliverer's own stop-watch."""


ALL = Rules()
