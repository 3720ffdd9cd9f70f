"""What became of one call to AWS for one notification."""

from dataclasses import dataclass
from enum import Enum

from notifications.models import PauseReason


class Verdict(Enum):
    """The classes that the retry policy tells apart."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the same call would be refused again."""
    UNDELIVERABLE = "undeliverable"
    """There is nobody to send it to, or they do not want it; AWS was not asked."""
    OBSOLETE = "obsolete"
    """It would say what is no longer so; AWS was not asked."""
    UNSENT = "unsent"
    """Certainly not sent, and not the message's fault: try again later."""
    THROTTLED = "throttled"
    """Certainly not sent because of the rate: try again later, and do not count it."""
    PAUSED = "paused"
    """Certainly not sent, because of the account: nothing is sent on the channel for a while, and it is not counted."""
    UNKNOWN = "unknown"
    """Perhaps sent. Trying again could tell somebody twice, so SES's own confirmation is waited for."""


@dataclass(frozen=True)
class Outcome:
    """A verdict, with AWS's message id or the error's name, and for PAUSED the reason."""

    verdict: Verdict
    message_id: str = ""
    error: str = ""
    pause: PauseReason | None = None
