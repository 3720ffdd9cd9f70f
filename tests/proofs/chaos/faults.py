"""What can go wrong between a deliverer and AWS, and the seeded choice of what does."""

import random
from collections.abc import Mapping, Sequence
from enum import Enum

SEVERITY = 0.35
"""The share of calls that a storm spoils."""


class Fault(Enum):
    """What the proxy does with one call."""

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
    """Not chosen: what AWS answers to a request that was signed too long ago."""

    @property
    def reaches_aws(self) -> bool:
        """Whether AWS sees the request, or a part of it."""
        return self not in {Fault.RESET_BEFORE, Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.EXPIRED}

    @property
    def is_ambiguous(self) -> bool:
        """Whether the deliverer cannot tell from the answer what became of the request, or of a part of it."""
        return self not in {Fault.NONE, Fault.THROTTLED, Fault.PARTLY_FAILED, Fault.EXPIRED}


BATCH_FAULTS = (Fault.PARTLY_FAILED, Fault.PARTLY_SILENT)
ONE_BY_ONE = [fault for fault in Fault if fault not in (Fault.NONE, Fault.EXPIRED, *BATCH_FAULTS)]
CHOSEN: Mapping[str, Sequence[Fault]] = {"ses": ONE_BY_ONE, "account": ONE_BY_ONE, "sns": [*ONE_BY_ONE, *BATCH_FAULTS]}
"""By what is called: SendEmail, GetAccount, PublishBatch."""
EACH: Mapping[str, Sequence[Fault]] = {"ses": ONE_BY_ONE, "sns": BATCH_FAULTS}
"""The faults that every storm must bring, by service: each kind once, whatever the speed of the machine."""


def choose(seed: int, service: str, key: int, call: int) -> Fault:
    """What happens to a notification's call, counted from 0: the same whenever and by whomever it is made."""
    chance = random.Random(f"{seed} {service} {key} {call}")
    return chance.choice(CHOSEN[service]) if chance.random() < SEVERITY else Fault.NONE


def chosen_entries(seed: int, keys: list[int], call: int) -> list[int]:
    """The entries of a batch that a fault of a part of it hits: at least one."""
    chance = random.Random(f"{seed} {keys} {call}")
    return chance.sample(keys, chance.randint(1, len(keys)))
