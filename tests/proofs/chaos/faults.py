"""Faults between a delivery process and AWS, chosen by seed."""

import random
from collections.abc import Mapping, Sequence
from enum import Enum

SEVERITY = 0.35
"""Share of calls with a fault in a storm."""


class Fault(Enum):
    """Effect of the proxy on one call."""

    NONE = "answered"
    RESET_BEFORE = "reset before acceptance"
    RESET_AFTER = "reset after acceptance"
    STALLED = "answer stalled beyond the read time-out"
    LATE = "accepted after the read time-out"
    DROPPED = "answer dropped"
    CUT = "answer cut in half"
    GARBAGE = "answer is garbage"
    THROTTLED = "429"
    ERROR_BEFORE = "500 before acceptance"
    ERROR_AFTER = "500 after acceptance"
    PARTLY_FAILED = "part of the batch failed"
    PARTLY_SILENT = "part of the batch in neither list"
    EXPIRED = "signature expired"
    """Never chosen: AWS's response to an outdated signature."""

    @property
    def reaches_aws(self) -> bool:
        """Return True if AWS receives at least a part of the request."""
        return self not in {Fault.RESET_BEFORE, Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.EXPIRED}

    @property
    def is_ambiguous(self) -> bool:
        """Return True if the response does not reveal the fate of the request or a part of it."""
        return self not in {Fault.NONE, Fault.THROTTLED, Fault.PARTLY_FAILED, Fault.EXPIRED}


BATCH_FAULTS = (Fault.PARTLY_FAILED, Fault.PARTLY_SILENT)
ONE_BY_ONE = [fault for fault in Fault if fault not in (Fault.NONE, Fault.EXPIRED, *BATCH_FAULTS)]
CHOSEN: Mapping[str, Sequence[Fault]] = {"ses": ONE_BY_ONE, "account": ONE_BY_ONE, "sns": [*ONE_BY_ONE, *BATCH_FAULTS]}
"""Faults by operation: SendEmail, GetAccount, PublishBatch."""
EACH: Mapping[str, Sequence[Fault]] = {"ses": ONE_BY_ONE, "sns": BATCH_FAULTS}
"""Faults that every storm must contain, by service, regardless of the machine's speed."""


def choose(seed: int, service: str, key: int, call: int) -> Fault:
    """Return the fault for a notification's call, counted from 0: always the same."""
    chance = random.Random(f"{seed} {service} {key} {call}")
    return chance.choice(CHOSEN[service]) if chance.random() < SEVERITY else Fault.NONE


def chosen_entries(seed: int, keys: list[int], call: int) -> list[int]:
    """Return the entries of a batch affected by a partial fault, at least one."""
    chance = random.Random(f"{seed} {keys} {call}")
    return chance.sample(keys, chance.randint(1, len(keys)))
