"""Variables of a function that a deployment adds, changes and removes, by name: values may be confidential."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from infra.deployment.deployment_settings import DEPLOYED_AT


@dataclass(frozen=True)
class VariableChanges:
    """Names in alphabetical order. `changed` omits DEPLOYED_AT, which each deployment changes."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def between(cls, found: Mapping[str, str], wanted: Mapping[str, str]) -> Self:
        """Return the changes from the present to the wanted variables."""
        both = found.keys() & wanted.keys() - {DEPLOYED_AT}
        return cls(
            added=_sorted(wanted.keys() - found.keys()),
            changed=_sorted(name for name in both if found[name] != wanted[name]),
            removed=_sorted(found.keys() - wanted.keys()),
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        groups = {"added": self.added, "changed": self.changed, "removed": self.removed}
        return "; ".join(f"{group} {', '.join(names)}" for group, names in groups.items() if names) or "no change"


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
