"""Mutation: a rule, and the code without it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Mutation:
    """Rule and its removal: in `path`, `code` becomes `without`."""

    rule: str
    path: str
    code: str
    without: str
    tests: tuple[str, ...]
    further: tuple["Mutation", ...] = ()
    """Second lines of defence that are taken out with it; their tests are those of this one."""

    def mutated(self, source: str) -> str:
        """Return the file without the rule. Raises ValueError unless the code occurs exactly once."""
        if source.count(self.code) != 1:
            raise ValueError(f"{self.path} holds {source.count(self.code)} times: {self.code}")
        return source.replace(self.code, self.without)
