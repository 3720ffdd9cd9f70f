"""Result of an episode as a table, with broken promises."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Verdict:
    """Figures of one or several episodes."""

    episodes: int
    notifications: int
    accepted: int
    """Messages accepted by AWS."""
    lost: int
    mail_duplicates: int
    mail_duplicates_confirmed: int
    """Duplicates that a timely confirmation should have prevented."""
    event_duplicates: int
    ambiguous: int
    """Responses that do not reveal the fate of a notification, by the rows."""
    spoiled: int
    """Notifications whose response the proxy withheld; a dead or suspended worker adds to `ambiguous` only."""
    late_confirmations: int
    """Confirmations that a busy machine delayed beyond the grace time, which prove nothing."""
    waiting: dict[str, int]
    states: dict[str, int]
    calls: dict[str, int]
    """AWS calls by result."""
    disasters: dict[str, int]
    job_errors: dict[str, int]
    problems: list[str]
    """Violations; empty if all promises held."""

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            **{field.name: _sum(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        )

    @property
    def holds(self) -> bool:
        """Return True if all promises held."""
        return not self.problems

    def as_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Parse a line."""
        return cls(**json.loads(line))


ROWS = (
    ("notifications", "notifications"),
    ("accepted by AWS", "accepted"),
    ("lost", "lost"),
    ("duplicate mails", "mail_duplicates"),
    ("  although confirmed in time", "mail_duplicates_confirmed"),
    ("duplicate events", "event_duplicates"),
    ("ambiguous answers", "ambiguous"),
    ("  of the proxy's making", "spoiled"),
    ("confirmations too late to count", "late_confirmations"),
)


def table(columns: Sequence[tuple[str, Verdict]]) -> str:
    """Return the figures side by side with column heads, then exposures and problems."""
    lines = ["".join([f"{'':46}", *(f"{head:>22}" for head, _ in columns)])]
    for label, name in ROWS:
        lines.append("".join([f"{label:46}", *(f"{getattr(verdict, name):22,}" for _, verdict in columns)]))
    for title, name in (
        ("rows by state", "states"),
        ("waiting", "waiting"),
        ("calls", "calls"),
        ("disasters", "disasters"),
        ("jobs that failed", "job_errors"),
    ):
        lines += _section(title, [getattr(verdict, name) for _, verdict in columns])
    return "\n".join(lines)


def _section(title: str, columns: Sequence[dict[str, int]]) -> Iterator[str]:
    labels = sorted(set().union(*columns))
    if labels:
        yield title
    for label in labels:
        yield "".join([f"  {label:44}", *(f"{column.get(label, 0):22,}" for column in columns)])


def _sum(one: Any, other: Any) -> Any:
    return dict(Counter(one) + Counter(other)) if isinstance(one, dict) else one + other
