"""Problems of a package."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kind of problem, as printed."""

    UNREADABLE = "damaged zip"
    MISSING_SETTINGS = "no settings"
    MISSING_HANDLER = "no handler"
    MISSING_BYTECODE = "not compiled"
    STALE_BYTECODE = "compiled from another source"
    CHECKED_BYTECODE = "compiled, but checked against its source's date"
    FOREIGN_BYTECODE = "compiled by another Python"
    NEWER_GLIBC = "needs a newer C library"
    FOREIGN_LIBRARY = "made for another system"
    TESTS = "tests"
    LOCAL_FILE = "a file of this machine"
    SECRET = "a secret"  # noqa: S105 - the name of a problem
    NO_RELEASE = "no commit"
    MISSING_APP = "an installed app without files"
    TOO_LARGE = "too large"


@dataclass(frozen=True)
class Problem:
    """Problem of a kind in a file of the package, with a hint."""

    kind: Kind
    name: str
    hint: str

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}. {self.hint}"
