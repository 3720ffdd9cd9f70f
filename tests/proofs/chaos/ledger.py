"""Ledger of the proxy's calls."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.proofs.chaos.faults import EACH, Fault


@dataclass(frozen=True)
class Call:
    """Call of a delivery process."""

    worker: str
    age: float
    """Seconds between signing and the end of the proxy's work."""
    service: str
    keys: list[int]
    accepted: list[int]
    """Accepted keys."""
    fault: Fault
    hit: list[int]
    """Entries affected by a partial fault."""
    attempt: str
    """Attempt number by boto3, `attempt=1`."""

    @property
    def ambiguous(self) -> list[int]:
        """Return the keys whose fate the delivery process cannot know."""
        if not self.fault.is_ambiguous:
            return []
        return self.hit if self.fault is Fault.PARTLY_SILENT else self.keys

    def as_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(vars(self) | {"fault": self.fault.name})

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Parse a line."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**fields | {"fault": Fault[fields["fault"]]})


def calls(ledger: Path) -> Iterator[Call]:
    """Yield all calls so far."""
    with ledger.open() as lines:
        yield from (Call.from_json(line) for line in lines)


def faults_to_come(made: Iterable[Call]) -> set[tuple[str, Fault]]:
    """Return each service's mandatory faults that no call has met yet."""
    required = {(service, fault) for service, faults in EACH.items() for fault in faults}
    return required - {(call.service, call.fault) for call in made}
