"""Results of calls to AWS, per notification."""

from dataclasses import dataclass
from enum import Enum

from notifications.models import PauseReason


class ResultKind(Enum):
    """Classes of results in the retry policy."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the same call would be refused again."""
    UNDELIVERABLE = "undeliverable"
    """No recipient, or one who does not want it; AWS was not called."""
    OBSOLETE = "obsolete"
    """The message is no longer true; AWS was not called."""
    UNSENT = "unsent"
    """Certainly not sent, and not the message's fault: try again later."""
    THROTTLED = "throttled"
    """Certainly not sent because of the rate: try again later, and do not count it."""
    PAUSED = "paused"
    """Certainly not sent, because of the account: nothing is sent on the channel for a while, and it is not counted."""
    UNKNOWN = "unknown"
    """Perhaps sent. Wait for SES's confirmation, because another attempt could send it twice."""


@dataclass(frozen=True)
class Result:
    """The class of a result, with AWS's message id or the error's name, and for PAUSED the reason."""

    kind: ResultKind
    message_id: str = ""
    error: str = ""
    pause: PauseReason | None = None
