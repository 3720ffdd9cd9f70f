"""Moves in words."""

from enum import Enum
from typing import NamedTuple

from tests.proofs.protocol.state import NOBODY, State


class Deed(Enum):
    """Move without its result."""

    FINDS_LEASE_ENDED = "{name} finds that the lease has ended"
    FINDS_GRACE_OVER = "{name} finds that the grace time is over"
    CLAIMS = "{name} claims the row"
    MAY_NOT_SEND = "{name} may not send it any more"
    SUBMITS = "{name} notes the intent"
    SKIPS_INTENT = "{name} notes no intent"
    IS_TOO_LATE = "{name} is too late to call"
    CALLS = "{name} calls SES"
    CALLS_AGAIN = "{name} gets no answer, and boto3 calls SES again"
    GETS_NO_ANSWER = "{name} gets no answer"
    WRITES_SENT = "{name} writes that it is sent"
    WRITES_NOT_SENT = "{name} writes that it is not sent"
    WRITES_UNKNOWN = "{name} writes that it may be sent"
    WRITES_NOTHING = "{name} may write nothing, the lease is another's"
    IS_KILLED = "{name} is killed"
    SES_ACCEPTS_AND_TELLS = "SES accepts the mail and tells {name}"
    SES_ACCEPTS = "SES accepts the mail, and the answer is lost"
    SES_REFUSES = "SES throttles {name}"
    REQUEST_IS_LOST = "the request is lost"
    CONFIRMATION_ARRIVES = "SES's Send event arrives"
    TIME_PASSES = "time passes"


ACCEPTANCES = {Deed.SES_ACCEPTS, Deed.SES_ACCEPTS_AND_TELLS}


class Move(NamedTuple):
    """Deed with its worker and the resulting state."""

    deed: Deed
    state: State
    worker: int = NOBODY

    def __str__(self) -> str:
        return self.deed.value.format(name="AB"[self.worker])
