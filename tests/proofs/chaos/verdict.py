"""What an episode came to, as a table, and whether the promises held."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Verdict:
    """Figures of one episode, or of several."""

    episodes: int
    notifications: int
    accepted: int
    """By AWS."""
    lost: int
    mail_duplicates: int
    mail_duplicates_confirmed: int
    """Of these, those that a confirmation in time should have prevented."""
    event_duplicates: int
    ambiguous: int
    """Answers from which nobody could tell whether the notification was sent, as the rows say."""
    spoiled: int
    """Notifications of which the fault proxy withheld the answer; a dead or frozen worker adds to `ambiguous` alone."""
    late_confirmations: int
    """That a busy machine held up beyond the grace time, and that prove nothing."""
    waiting: dict[str, int]
    states: dict[str, int]
    calls: dict[str, int]
    """To AWS, by what became of them."""
    disasters: dict[str, int]
    job_errors: dict[str, int]
    problems: list[str]
    """What must not be; empty if all promises held."""

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            **{field.name: _sum(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        )

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """From that line."""
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
    """The figures side by side, each column with its head; below them what they were exposed to, and what is wrong."""
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
