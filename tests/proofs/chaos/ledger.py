"""What the proxy did with each call."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.proofs.chaos.faults import EACH, Fault


@dataclass(frozen=True)
class Call:
    """One call of a deliverer."""

    worker: str
    age: float
    """Seconds since the request was signed, when the proxy was through with it."""
    service: str
    keys: list[int]
    accepted: list[int]
    """Of the keys."""
    fault: Fault
    hit: list[int]
    """The entries that a fault of a part of the batch hit."""
    attempt: str
    """boto3's count of its own tries, `attempt=1`."""

    @property
    def ambiguous(self) -> list[int]:
        """The keys of which the deliverer cannot know what became of them."""
        if not self.fault.is_ambiguous:
            return []
        return self.hit if self.fault is Fault.PARTLY_SILENT else self.keys

    def as_json(self) -> str:
        """One line."""
        return json.dumps(vars(self) | {"fault": self.fault.name})

    @classmethod
    def from_json(cls, line: str) -> Self:
        """From that line."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**fields | {"fault": Fault[fields["fault"]]})


def calls(ledger: Path) -> Iterator[Call]:
    """All calls so far."""
    with ledger.open() as lines:
        yield from (Call.from_json(line) for line in lines)


def faults_to_come(made: Iterable[Call]) -> set[tuple[str, Fault]]:
    """Return each service's faults that every storm must bring and that none of these calls has met."""
    required = {(service, fault) for service, faults in EACH.items() for fault in faults}
    return required - {(call.service, call.fault) for call in made}
